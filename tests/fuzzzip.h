// SPDX-License-Identifier: GPL-3.0-or-later
// Small .npy files, and zips as NumPy and Swift write them: stored, not packed.
#pragma once

#include <QByteArray>
#include <QList>

#include <cstdint>
#include <utility>

inline QByteArray npySeed(const char *type, const char *shape, qsizetype bytes,
                          bool isFortran = false)
{
    QByteArray header = QByteArray("{'descr': '") + type +
                        "', 'fortran_order': " + (isFortran ? "True" : "False") + ", 'shape': (" +
                        shape + "), }";
    header.append(QByteArray(117 - header.size(), ' ')).append('\n');
    QByteArray npy("\x93NUMPY\x01\x00", 8);
    npy.append(char(header.size())).append('\0').append(header);
    for (qsizetype i = 0; i < bytes; ++i)
        npy.append(char(i % 50));
    return npy;
}

inline std::uint32_t crcOf(const QByteArray &bytes)
{
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) {
        crc ^= std::uint8_t(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

inline QByteArray zipSeed(const QList<std::pair<QByteArray, QByteArray>> &entries)
{
    const auto little = [](std::uint64_t number, int width) {
        QByteArray bytes;
        for (int i = 0; i < width; ++i)
            bytes += char(number >> (8 * i));
        return bytes;
    };
    QByteArray zip, directory;
    for (const auto &[name, content] : entries) {
        const QByteArray common = little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) +
                                  little(0x21, 2) + little(crcOf(content), 4) +
                                  little(std::uint64_t(content.size()), 4) +
                                  little(std::uint64_t(content.size()), 4) +
                                  little(std::uint64_t(name.size()), 2) + little(0, 2);
        directory += "PK\x01\x02" + little(20, 2) + common + little(0, 2) + little(0, 2) +
                     little(0, 2) + little(0, 4) + little(std::uint64_t(zip.size()), 4) + name;
        zip += "PK\x03\x04" + common + name + content;
    }
    const auto count = std::uint64_t(entries.size());
    return zip + directory + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
           little(std::uint64_t(directory.size()), 4) + little(std::uint64_t(zip.size()), 4) +
           little(0, 2);
}
