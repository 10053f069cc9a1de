// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/drivers/foreignmicroscope.h"

#include <QJsonValue>

namespace helmscope {

/// A value as DTMicroscope's programs send arrays, [nested list, shape, dtype], or a plain list, as
/// numbers in C order; `shape` tells. Throws Error when it is none.
std::vector<float> numbersOf(const QJsonValue &value, QList<qint64> *shape);

/// DTMicroscope's JSON-RPC 2.0 in netstrings. Positions go in nanometres within a field whose size
/// only some servers tell; where it is not told, no pixel can be measured.
class DtMicroscope final : public ForeignMicroscope
{
public:
    /// Asks for detectors and settings, and takes one image to know its size. Throws Error; says
    /// so where a Pyro5 program answers at this port.
    explicit DtMicroscope(const InstrumentAddress &address);
    ~DtMicroscope() override { end(); }

protected:
    Map takeImage() override;
    Measurement takeSpectrum(Pixel pixel, double dwellSeconds) override;

private:
    QJsonValue ask(const QString &method, const QJsonObject &params, double seconds);

    QString m_imaging, m_spectrometer; ///< devices
    double m_fieldNm = 0;              ///< width; 0: not told
    int m_rows = 0, m_cols = 0;
};

} // namespace helmscope
