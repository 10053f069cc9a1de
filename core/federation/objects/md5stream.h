// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>

namespace helmscope {

/// The md5 of bytes that pass by. After the first few MB a thread of its own computes it, so that
/// the network does not wait for the processor.
class Md5Stream
{
public:
    Md5Stream();
    ~Md5Stream();
    Md5Stream(const Md5Stream &) = delete;
    Md5Stream &operator=(const Md5Stream &) = delete;

    void add(const char *data, qint64 bytes);
    QString result(); ///< 32 hexadecimal digits; nothing may be added afterwards
    void reset();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
