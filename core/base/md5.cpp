// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/md5.h"

#include "base/tr.h"

#include <openssl/evp.h>

namespace helmscope {

struct Md5::Private
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ~Private() { EVP_MD_CTX_free(context); }
};

Md5::Md5()
    : d(std::make_unique<Private>())
{
    reset();
}

Md5::~Md5() = default;

void Md5::reset()
{
    if (EVP_DigestInit_ex(d->context, EVP_md5(), nullptr) != 1)
        fail(Tr::tr(
            "This machine's OpenSSL forbids MD5, by which DVC and CMF name content: allow it "
            "in its configuration (it may be in FIPS mode)."));
}

void Md5::add(const char *bytes, qint64 size)
{
    EVP_DigestUpdate(d->context, bytes, std::size_t(size));
}

QString Md5::result()
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(d->context, digest, &size);
    return QString::fromLatin1(
        QByteArray(reinterpret_cast<const char *>(digest), qsizetype(size)).toHex());
}

} // namespace helmscope
