// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/fftwindow.h"

#include "widgets/graphics.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QVBoxLayout>

#include <cmath>
#include <numbers>

namespace helmscope {

FftWindow::FftWindow(MapView *of, Graphics *graphics, int graphic, QWidget *parent)
    : QWidget(parent, Qt::Window)
    , m_of(of)
    , m_graphics(graphics)
    , m_graphic(graphic)
    , m_view(new MapView)
    , m_window(new QComboBox)
    , m_spacing(new QLabel)
{
    const Graphic *drawn = graphics->find(graphic);
    m_name = drawn ? drawn->name() : tr("whole map");
    setWindowTitle(tr("FFT: %1").arg(m_name));
    m_view->setTitle(tr("FFT of %1").arg(m_name));
    m_view->setColormap(Colormap::Gray);
    m_view->setTone({Tone::Scale::Logarithmic, 1});
    m_view->setHistogramVisible(true);
    m_view->setPlaceholder(tr("The transform will appear here."));
    m_window->addItem(tr("Hann window"), int(TaperWindow::Hann));
    m_window->addItem(tr("Blackman window"), int(TaperWindow::Blackman));
    m_window->addItem(tr("No window"), int(TaperWindow::None));
    m_window->setAccessibleName(tr("Window function"));
    m_window->setToolTip(tr("What the part is multiplied with, so that its edges leave no cross. "
                            "Blackman: weaker traces, wider spots."));
    m_spacing->setText(tr("Move over a spot to read its spacing."));
    m_spacing->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *line = new QHBoxLayout;
    line->addWidget(m_window);
    line->addWidget(m_spacing, 1);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_view, 1);
    column->addLayout(line);
    resize(520, 580);

    connect(m_window, &QComboBox::currentIndexChanged, this, &FftWindow::refresh);
    if (graphic != 0)
        connect(graphics, &Graphics::changed, this, &FftWindow::refresh);
    connect(m_view, &MapView::cursorMoved, this,
            [this](Pixel pixel) { m_spacing->setText(spacingText(pixel)); });
    connect(&m_jobs, &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        m_job = 0;
        m_view->clear();
        m_view->setPlaceholder(sentence);
        if (m_isStale)
            refresh();
    });
    refresh();
}

void FftWindow::refresh()
{
    const Graphic *drawn = m_graphics ? m_graphics->find(m_graphic) : nullptr;
    const std::shared_ptr<const Map> map = m_of ? m_of->sharedMap() : nullptr;
    if (!map || (m_graphic != 0 && !drawn))
        return; // the last one stays
    m_isStale = true;
    if (m_job != 0)
        return;
    m_isStale = false;
    const int ratio = m_of->imageRatio();
    m_pixelSizeNm = m_of->pixelSizeNm() / ratio;
    const Region region = drawn ? scaled(drawn->region(), ratio)
                                : Region{Region::Kind::Rectangle,
                                         {{0, 0}, {double(map->cols()), double(map->rows())}}};
    m_job = m_jobs.run(
        tr("Transforming"), this,
        [map, region, window = TaperWindow(m_window->currentData().toInt())](const Progress &) {
            return diffractogramOf(*map, region, window);
        },
        [this](const Diffractogram &found) {
            m_job = 0;
            showFound(found);
            if (m_isStale)
                refresh();
        });
}

void FftWindow::showFound(const Diffractogram &found)
{
    m_found = found;
    if (m_pixelSizeNm > 0)
        m_view->setPixelFrequency(found.frequencyStep / m_pixelSizeNm);
    m_view->setMap(found.amplitude);
    if (const auto cursor = m_view->cursorPixel())
        m_spacing->setText(spacingText(*cursor));
}

QString FftWindow::spacingText(Pixel pixel) const
{
    const QPointF frequency = m_found.frequencyAt(pixel);
    const double length = std::hypot(frequency.x(), frequency.y());
    if (!(length > 0))
        return tr("The middle: no spacing.");
    // Counted from the right, upwards, as angles are.
    const double angle = std::atan2(-frequency.y(), frequency.x()) * 180 / std::numbers::pi;
    const double size = m_pixelSizeNm > 0 ? m_pixelSizeNm : 1;
    const QString unit = m_pixelSizeNm > 0 ? QStringLiteral("nm") : QStringLiteral("px");
    return tr("d = %1 %2 · %3 %2⁻¹ · %4°")
        .arg(size / length, 0, 'g', 4)
        .arg(unit)
        .arg(length / size, 0, 'g', 4)
        .arg(angle, 0, 'f', 1);
}

} // namespace helmscope
