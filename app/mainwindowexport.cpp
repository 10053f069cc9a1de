// SPDX-License-Identifier: GPL-3.0-or-later
// The views of the window as files and on the clipboard.
#include "app/banner.h"
#include "app/exporting.h"
#include "app/figurefile.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/statusline.h"
#include "widgets/mapview.h"
#include "widgets/paintrecord.h"
#include "widgets/spectrumview.h"
#include "widgets/theme.h"

#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>

#include <array>

namespace helmscope {

Exportable MainWindow::shownPart() const
{
    const QWidget *focused = focusWidget(); // of this window, whichever is the active one
    if (focused && m_panels->spectrum()->isAncestorOf(focused))
        focused = m_panels->spectrum();
    if (focused == m_panels->spectrum() && !m_panels->spectrum()->isEmpty())
        return exportable(m_panels->spectrum());
    const std::array<std::pair<MapView *, QString>, 3> maps{
        {{m_panels->mean(), QStringLiteral("mean")},
         {m_panels->deviation(), QStringLiteral("uncertainty")},
         {m_panels->acquisition(), QStringLiteral("acquisition")}}};
    for (const auto &[view, name] : maps)
        if (focused == view && !view->isEmpty())
            return exportable(view, name);
    return exportable(m_panels->survey(), QStringLiteral("survey"));
}

/// Beside the errands: nobody waits with a copy until a large file is read.
void MainWindow::watchFigures()
{
    m_figures = std::make_unique<Jobs>();
    m_status->watch(m_figures.get());
    connect(m_figures.get(), &Jobs::failed, this,
            [this](const QString &, const QString &sentence) { m_banner->tell(sentence); });
}

void MainWindow::chooseExport()
{
    const Exportable what = shownPart();
    auto *dialog = new QFileDialog(this, tr("Export the view"), {}, exportNameFilter(what));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(what.name + QStringLiteral(".png"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, what](const QString &file) { exportPart(what, file); });
    dialog->show();
}

void MainWindow::exportTo(const QString &file)
{
    exportPart(shownPart(), file);
}

void MainWindow::exportPart(const Exportable &what, const QString &file)
{
    const auto tellSaved = [this, file] {
        m_banner->tell(tr("Saved as %1.").arg(QFileInfo(file).fileName()));
    };
    if (isNumbersName(file) && what.writeNumbers) {
        m_figures->run(
            tr("Exporting"), this,
            [write = what.writeNumbers, file](const Progress &progress) { write(file, progress); },
            tellSaved);
        return;
    }
    if (!isFigureName(file)) {
        m_banner->tell(tr("Cannot export to %1: its name must end in .png, .svg, .pdf, .csv or "
                          ".hspy.")
                           .arg(QFileInfo(file).fileName()));
        return;
    }
    m_figures->run(
        tr("Exporting"), this,
        [record = recordOf(what), file](const Progress &progress) {
            saveFigure(file, *record, progress);
        },
        tellSaved);
}

void MainWindow::copyShown()
{
    m_figures->run(
        tr("Copying the view"), this,
        [record = recordOf(shownPart()), background = themeOf(palette()).window](
            const Progress &progress) { return pixelsOf(*record, background, progress); },
        [](const QImage &image) { QGuiApplication::clipboard()->setImage(image); });
}

} // namespace helmscope
