// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helpdialogs.h"

#include "base/tr.h"
#include "dkl/blas.h"
#include "widgets/graphics.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QFile>
#include <QFileDialog>
#include <QSaveFile>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <array>

// In a static library nobody else would ask for them. Must stand outside of all namespaces.
static void loadResources()
{
    Q_INIT_RESOURCE(help);
}

namespace helmscope {

namespace {

void showText(QWidget *parent, const QString &title, const QString &html, const QSize &size)
{
    auto *dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->resize(size);
    auto *column = new QVBoxLayout(dialog);
    auto *text = new QTextBrowser;
    text->setOpenExternalLinks(true);
    text->setHtml(html);
    text->setAccessibleName(title);
    column->addWidget(text);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    column->addWidget(buttons);
    dialog->show();
}

} // namespace

void showHelp(QWidget *parent, HelpPage page)
{
    loadResources();
    struct Page
    {
        const char *file;
        QString title;
    };
    const std::array pages{
        Page{":/help/steering.html", Tr::tr("How to steer")},
        Page{":/help/runs.html", Tr::tr("How to look back, branch and compare")},
        Page{":/help/lineage.html", Tr::tr("How to browse a lineage")},
        Page{":/help/instruments.html", Tr::tr("How to steer an instrument on the network")},
        Page{":/help/federation.html", Tr::tr("How to push to and pull from other sites")}};
    const Page &chosen = pages[std::size_t(page)];
    QFile file(QString::fromLatin1(chosen.file));
    const QString html =
        file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    showText(parent, chosen.title, html, {640, 640});
}

void saveBridge(QWidget *parent, const std::function<void(const QString &)> &tell)
{
    loadResources();
    auto *dialog = new QFileDialog(parent, Tr::tr("Save the Python bridge"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile("helmscope_bridge.py");
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [tell](const QString &name) {
        QFile from(":/help/helmscope_bridge.py");
        QSaveFile to(name);
        if (from.open(QIODevice::ReadOnly) && to.open(QIODevice::WriteOnly) &&
            to.write(from.readAll()) == from.size() && to.commit())
            tell(Tr::tr("Saved as %1: its first lines say what to do.").arg(name));
        else
            tell(Tr::tr("Cannot save %1: %2.").arg(name, to.errorString()));
    });
    dialog->show();
}

void showShortcuts(QWidget *parent, const QList<QAction *> &actions)
{
    QString rows;
    const auto addRow = [&rows](const QString &keys, const QString &text) {
        rows += QStringLiteral("<tr><td style='padding-right:24px'><b>%1</b></td><td>%2</td></tr>")
                    .arg(keys.toHtmlEscaped(), text.toHtmlEscaped());
    };
    for (const QAction *action : actions)
        if (!action->shortcut().isEmpty())
            addRow(action->shortcut().toString(QKeySequence::NativeText), action->iconText());
    addRow(Tr::tr("Esc Esc"), Tr::tr("ABORT: stops the microscope at once"));
    addRow(Tr::tr("Right-click a map"), Tr::tr("Measure there next, keep its spectrum in view"));
    addRow(Tr::tr("Shift+drag on a map"), Tr::tr("Forbid a rectangle"));
    for (const MapToolRow &tool : mapTools())
        addRow(Tr::tr("%1 on a map").arg(QKeySequence(tool.key).toString()),
               QStringLiteral("%1: %2").arg(tool.name, tool.help));
    addRow(Tr::tr("0, 1, 2, +, − on a map"), Tr::tr("Whole map, 1:1, 2:1, larger, smaller"));
    addRow(Tr::tr("Space, Enter on a map"), Tr::tr("Pin the cursor; limits by themselves again"));
    addRow(Tr::tr("Tab, arrows, Del on a map"), Tr::tr("Next graphic, nudge it, delete it"));
    showText(parent, Tr::tr("Keyboard shortcuts"), "<table>" + rows + "</table>", {460, 460});
}

void showAbout(QWidget *parent)
{
    const Blas blas = loadedBlas();
    const QString name = QString::fromStdString(blas.name);
    QString html =
        Tr::tr("<h2>Helmscope %1</h2><p>Console for autonomous electron microscopy.</p>"
               "<p>Free software under the GNU General Public License, version 3 or later. "
               "It comes with no warranty.</p>")
            .arg(HELMSCOPE_VERSION);
    html += Tr::tr("<p>Qt %1 (built with %2)<br>BLAS: %3<br>%4</p>")
                .arg(QString::fromLatin1(qVersion()), QStringLiteral(QT_VERSION_STR),
                     name.toHtmlEscaped(), QString::fromStdString(blas.library).toHtmlEscaped());
    if (blas.isSlow)
        html +=
            QStringLiteral("<p>⚠ %1</p>").arg(QString::fromStdString(blas.advice).toHtmlEscaped());
    html += Tr::tr("<p>Built on LibTorch, Eigen, HDF5, libzip and QCustomPlot.</p>");
    showText(parent, Tr::tr("About Helmscope"), html, {480, 360});
}

} // namespace helmscope
