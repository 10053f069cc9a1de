// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

namespace helmscope {

/// Fusion, with what it leaves out: marks and icons that grow with the letters, air between the
/// rows of lists and trees, words of combo boxes that end in "…" where they do not fit, and the
/// icons of docks in the theme's colour.
class OurStyle final : public QProxyStyle
{
    Q_OBJECT
public:
    explicit OurStyle(double fontScale); ///< of the letters to the system's

    int pixelMetric(PixelMetric metric, const QStyleOption *option,
                    const QWidget *widget) const override;
    QSize sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &contents,
                           const QWidget *widget) const override;
    void drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                     const QWidget *widget) const override;
    QIcon standardIcon(StandardPixmap icon, const QStyleOption *option,
                       const QWidget *widget) const override;

private:
    double m_fontScale;
};

} // namespace helmscope
