// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/drivers/foreignmicroscope.h"

namespace helmscope {

/// asyncroscopy of the first generation, at its central server: a length and a text for each
/// command, on a connection of its own; the answer is a length, a header in brackets and raw bytes.
class Asyncroscopy final : public ForeignMicroscope
{
public:
    /// Asks for status and commands; moves nothing. Throws Error.
    explicit Asyncroscopy(const InstrumentAddress &address);
    ~Asyncroscopy() override { end(); }

    /// What an answer holds: an array, or a text.
    struct Answer
    {
        QString text;
        QList<qint64> shape;
        Eigen::VectorXf numbers; ///< in C order
    };
    /// Throws Error with the last line of what is a traceback, and for what makes no sense.
    static Answer parse(const QByteArray &payload);

protected:
    Map takeImage() override;
    Measurement takeSpectrum(Pixel pixel, double dwellSeconds) override;
    void blank() override;

private:
    Answer ask(const QString &command, double seconds, bool isUrgent = false);
    bool has(const QString &command) const;
    QString stageText(); ///< where its stage is, for people

    QString m_commands;
    bool m_hasSpectrometer = false;
};

} // namespace helmscope
