// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/drivers/foreignmicroscope.h"

#include <QJsonArray>

namespace helmscope {

/// A message of Pyro5's wire protocol, version 502, with JSON inside; nothing else is read, least
/// of all pickles.
struct PyroMessage
{
    enum Type : quint8 { Connect = 1, ConnectOk = 2, ConnectFail = 3, Invoke = 4, Result = 5 };
    static constexpr int headerSize = 40;
    Type type = Invoke;
    bool isException = false;
    quint16 sequence = 0;
    QByteArray payload; ///< JSON

    QByteArray toBytes() const;
    /// From the header: how much follows, annotations first. Throws Error for what is not Pyro5,
    /// not JSON, compressed or larger than 256 MiB.
    static PyroMessage fromHeader(const QByteArray &header, qint64 *annotations, qint64 *payload);
};

/// DTMicroscope's STEM and the scripts inside GMS, which are objects of Pyro5. They replay a data
/// set that the server has registered: get_point_data takes the array's first index as x.
class Pyro final : public ForeignMicroscope
{
public:
    /// Finds the object, and learns sizes from an image and one point. Throws Error.
    explicit Pyro(const InstrumentAddress &address);
    ~Pyro() override { end(); }

protected:
    Map takeImage() override;
    Measurement takeSpectrum(Pixel pixel, double dwellSeconds) override;

private:
    QJsonValue invoke(const QString &method, const QJsonArray &params, double seconds);
    QByteArray exchange(Line &line, const PyroMessage &message, PyroMessage::Type wanted);

    QString m_object;
    QStringList m_methods; ///< as the server tells; empty: it does not
    QString m_channel = QStringLiteral("Channel_001");
};

} // namespace helmscope
