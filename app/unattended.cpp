// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/unattended.h"

#include "app/banner.h"
#include "app/begindialog.h"
#include "app/comparewindow.h"
#include "app/diagnostics.h"
#include "app/helm.h"
#include "app/historywindow.h"
#include "app/jobs.h"
#include "app/lineagepanel.h"
#include "app/mainwindow.h"
#include "app/openworkspace.h"
#include "base/error.h"
#include "base/tr.h"
#include "widgets/historymodel.h"

#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QImage>
#include <QPixmap>
#include <QSaveFile>
#include <QTableView>
#include <QTextStream>
#include <QTimer>

#include <chrono>
#include <cstdio>

namespace helmscope {

using namespace std::chrono_literals;

/// The file is whole or as it was before.
static void writePicture(const QImage &picture, const QString &file)
{
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || !picture.save(&out, "PNG") || !out.commit())
        fail(Tr::tr("Cannot write the picture %1: is the folder there and writable?").arg(file));
}

void savePicture(QWidget *widget, const QString &file)
{
    QDir().mkpath(QFileInfo(file).absolutePath()); // where that fails, so does what follows
    writePicture(widget->grab().toImage(), file);
}

bool savePictureInto(const QString &folder, QWidget *widget, const QString &name)
{
    if (folder.isEmpty())
        return true;
    const QString file = QDir(folder).absoluteFilePath(name + ".png");
    try {
        savePicture(widget, file);
        QTextStream(stdout) << Tr::tr("Picture: %1").arg(file) << '\n';
        return true;
    } catch (const Error &e) {
        QTextStream(stderr) << QString::fromUtf8(e.what()) << '\n';
        return false;
    }
}

void choosePictureFile(QWidget *window, Banner *banner)
{
    auto *dialog =
        new QFileDialog(window, Tr::tr("Save a picture"), {}, Tr::tr("Pictures (*.png)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix("png");
    QObject::connect(
        dialog, &QFileDialog::fileSelected, window, [window, banner](const QString &name) {
            // A large window takes longer to compress than to paint.
            auto *jobs = new Jobs(window);
            QObject::connect(jobs, &Jobs::failed, banner,
                             [banner](const QString &, const QString &why) { banner->tell(why); });
            QObject::connect(jobs, &Jobs::ended, jobs, &QObject::deleteLater);
            jobs->run(
                Tr::tr("Saving the picture"), window,
                [picture = window->grab().toImage(), name](const Progress &) {
                    writePicture(picture, name);
                },
                [] {});
        });
    dialog->show();
}

UnattendedComparison::UnattendedComparison(const StartOptions &options, CompareWindow *window)
    : QObject(window)
    , m_options(options)
    , m_window(window)
{
    connect(window, &CompareWindow::compared, this,
            [this] { QTimer::singleShot(200ms, this, &UnattendedComparison::end); });
    connect(&window->jobs(), &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        if (!m_options.isQuitAtEnd)
            return;
        QTextStream(stderr) << sentence << '\n';
        emit finished(1);
    });
}

void UnattendedComparison::end()
{
    const bool isSaved = savePictureInto(m_options.pictures, m_window, "compare");
    if (m_options.isQuitAtEnd)
        emit finished(isSaved ? 0 : 1);
}

UnattendedHistory::UnattendedHistory(const StartOptions &options, HistoryWindow *window)
    : QObject(window)
    , m_options(options)
    , m_window(window)
{
    connect(
        window, &HistoryWindow::loaded, this,
        [this] {
            for (int row = 0; row < m_window->model()->rowCount(); ++row) {
                const QModelIndex run = m_window->model()->index(row, HistoryModel::Run);
                if (run.data().toString().isEmpty())
                    continue;
                m_window->list()->selectRow(row);
                break;
            }
            // Words and pictures come from jobs.
            auto *idle = new QTimer(this);
            connect(idle, &QTimer::timeout, this, [this, idle] {
                if (m_window->isBusy())
                    return;
                idle->stop();
                QTimer::singleShot(200ms, this, &UnattendedHistory::end);
            });
            idle->start(50ms);
        },
        Qt::SingleShotConnection);
}

void UnattendedHistory::end()
{
    const bool isSaved = savePictureInto(m_options.pictures, m_window, "history");
    if (m_options.isQuitAtEnd)
        emit finished(isSaved ? 0 : 1);
}

Unattended::Unattended(const StartOptions &options, MainWindow *window)
    : QObject(window)
    , m_options(options)
    , m_window(window)
{
    Helm *helm = window->helm();
    connect(helm, &Helm::sampleOpened, this, [this] {
        if (!m_hasBegun) {
            m_hasBegun = true;
            afterPainting(&Unattended::begin);
        }
    });
    connect(helm, &Helm::runEnded, this, [this](Run::Outcome outcome, const QString &) {
        if (outcome == Run::Outcome::Failed)
            m_exitCode = 1;
        afterPainting(&Unattended::end);
    });
    connect(helm, &Helm::troubled, this, [this](const QString &sentence) {
        if (!m_options.isQuitAtEnd)
            return;
        QTextStream(stderr) << sentence << '\n';
        if (!m_hasBegun) { // there is nothing to steer: it could not be opened
            m_exitCode = 1;
            end();
        }
    });
}

/// Views repaint when the event loop comes round; a picture taken before would show the last state.
void Unattended::afterPainting(void (Unattended::*then)())
{
    QTimer::singleShot(200ms, this, then);
}

void Unattended::begin()
{
    savePicture(QStringLiteral("helmscope-begin"));
    if (m_options.isRunAtOnce)
        m_window->startRun();
    else
        end();
}

void Unattended::end()
{
    // They are read when the run has ended, or has been opened.
    if (m_window->lineagePanel()->isBusy() || !m_window->workspace()->jobs().isIdle())
        return afterPainting(&Unattended::end);
    savePicture(QStringLiteral("helmscope-end"));
    if (!m_options.pictures.isEmpty() && !m_options.meta.isEmpty()) {
        BeginDialog *dialog = m_window->openBeginning();
        connect(dialog, &BeginDialog::ranked, this, [this, dialog] {
            dialog->repaint();
            if (!savePictureInto(m_options.pictures, dialog, QStringLiteral("begin")))
                m_exitCode = 1;
            dialog->close();
            tellEnd();
        });
        return;
    }
    if (!m_options.pictures.isEmpty() && m_window->helm()->run().plan().watch.isActive()) {
        m_window->findChild<QDockWidget *>("watch")->raise();
        return afterPainting(&Unattended::endWithInstrument);
    }
    tellEnd();
}

void Unattended::endWithInstrument()
{
    savePicture(QStringLiteral("helmscope-instrument"));
    tellEnd();
}

void Unattended::tellEnd()
{
    if (!m_options.isQuitAtEnd)
        return;
    if (const QString file = m_window->helm()->recordedIn(); !file.isEmpty())
        QTextStream(stdout) << tr("Run: %1").arg(file) << '\n';
    if (m_options.isDiagnosed)
        QTextStream(stdout) << diagnosticsText();
    emit finished(m_exitCode);
}

void Unattended::savePicture(const QString &name)
{
    if (!savePictureInto(m_options.pictures, m_window, name))
        m_exitCode = 1;
}

} // namespace helmscope
