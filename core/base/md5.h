// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <memory>

namespace helmscope {

/// MD5 (RFC 1321) of bytes as they come: what DVC and CMF name content by. OpenSSL's, which is
/// faster than Qt's. No protection against someone who makes two contents of one sum.
class Md5
{
public:
    Md5();
    ~Md5();
    Md5(const Md5 &) = delete;
    Md5 &operator=(const Md5 &) = delete;

    void add(const char *bytes, qint64 size);
    QString result(); ///< 32 hexadecimal digits; then reset() before more is added
    void reset();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
