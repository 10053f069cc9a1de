// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnostics.h"

#include "app/helm.h"
#include "app/loopwatch.h"
#include "base/tr.h"
#include "dkl/blas.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QLibraryInfo>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QSysInfo>
#include <QThread>
#include <QVBoxLayout>

namespace helmscope {

namespace {

QString firstLine(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? QString::fromUtf8(in.readLine(4096)).trimmed()
                                        : QString();
}

/// Of a file of lines "Name:   12345 kB", in MiB; -1 where it is not there.
qint64 mebibytes(const QString &file, const QByteArray &name)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray &line : in.readAll().split('\n'))
        if (line.startsWith(name + ':'))
            return line.mid(name.size() + 1).simplified().split(' ').first().toLongLong() / 1024;
    return -1;
}

/// The graphics adapters that the system has; the window is painted by the processor all the same.
QStringList adapters()
{
    QStringList found;
    const QDir cards(QStringLiteral("/sys/class/drm"));
    for (const QString &card : cards.entryList({"card?", "card??"}, QDir::Dirs)) {
        const QString device = cards.filePath(card) + QStringLiteral("/device/");
        const QString vendor = firstLine(device + "vendor"), model = firstLine(device + "device");
        if (!vendor.isEmpty())
            found << QStringLiteral("%1:%2").arg(vendor, model);
    }
    const QString nvidia = firstLine(QStringLiteral("/proc/driver/nvidia/version"));
    if (!nvidia.isEmpty())
        found << nvidia;
    return found;
}

QString environment(const char *name)
{
    return qEnvironmentVariableIsSet(name) ? qEnvironmentVariable(name) : Tr::tr("not set");
}

QString line(const QString &name, const QString &value)
{
    return QStringLiteral("%1: %2\n").arg(name, value);
}

QString programText()
{
    QString text = line(Tr::tr("Helmscope"), QStringLiteral(HELMSCOPE_VERSION));
    text += line(Tr::tr("Qt"), Tr::tr("%1, built with %2, %3")
                                   .arg(QString::fromLatin1(qVersion()), QT_VERSION_STR,
                                        QString::fromLatin1(QLibraryInfo::build())));
    const Blas blas = loadedBlas();
    text += line(Tr::tr("BLAS"),
                 Tr::tr("%1 (%2)%3")
                     .arg(QString::fromStdString(blas.name), QString::fromStdString(blas.library),
                          blas.isSlow ? Tr::tr(", slow") : QString()));
    if (!blas.advice.empty())
        text += line(Tr::tr("Advice"), QString::fromStdString(blas.advice));
    text += line(Tr::tr("Theme"), Tr::tr("%1; text %2 pt; language %3")
                                      .arg(themeOf(QApplication::palette()).key)
                                      .arg(qApp->font().pointSizeF())
                                      .arg(QLocale().bcp47Name()));
    return text;
}

QString machineText()
{
    QString text =
        line(Tr::tr("System"), Tr::tr("%1, %2 %3, %4")
                                   .arg(QSysInfo::prettyProductName(), QSysInfo::kernelType(),
                                        QSysInfo::kernelVersion(), QSysInfo::buildAbi()));
    text += line(Tr::tr("Threads"),
                 Tr::tr("%1 of the machine; OMP_NUM_THREADS %2; "
                        "OPENBLAS_NUM_THREADS %3; OPENBLAS_CORETYPE %4")
                     .arg(QThread::idealThreadCount())
                     .arg(environment("OMP_NUM_THREADS"), environment("OPENBLAS_NUM_THREADS"),
                          environment("OPENBLAS_CORETYPE")));
    const qint64 total = mebibytes("/proc/meminfo", "MemTotal"),
                 available = mebibytes("/proc/meminfo", "MemAvailable"),
                 used = mebibytes("/proc/self/status", "VmRSS"),
                 most = mebibytes("/proc/self/status", "VmHWM");
    if (total >= 0 && used >= 0)
        text += line(Tr::tr("Memory"), Tr::tr("%1 MiB of this program (at most %2), %3 MiB free "
                                              "of %4")
                                           .arg(used)
                                           .arg(most)
                                           .arg(available)
                                           .arg(total));
    const QStringList found = adapters();
    text += line(Tr::tr("Graphics"),
                 Tr::tr("painted by the processor; adapters: %1")
                     .arg(found.isEmpty() ? Tr::tr("none found") : found.join(", ")));
    text += line(Tr::tr("Display"),
                 Tr::tr("platform %1; QT_SCALE_FACTOR %2")
                     .arg(QGuiApplication::platformName(), environment("QT_SCALE_FACTOR")));
    for (const QScreen *screen : QGuiApplication::screens())
        text += line(Tr::tr("Screen"), Tr::tr("%1, %2 x %3 at scale %4, %5 dpi, %6 Hz")
                                           .arg(screen->name())
                                           .arg(screen->size().width())
                                           .arg(screen->size().height())
                                           .arg(screen->devicePixelRatio())
                                           .arg(screen->logicalDotsPerInch(), 0, 'f', 0)
                                           .arg(screen->refreshRate(), 0, 'f', 0));
    return text;
}

QString listText(const Holds &holds)
{
    QString text;
    for (auto hold = holds.kept().rbegin(); hold != holds.kept().rend(); ++hold)
        text +=
            QStringLiteral("  %1  %2 ms (%3)  %4%5\n")
                .arg(QDateTime::fromMSecsSinceEpoch(hold->endedAt).toString("HH:mm:ss.zzz"))
                .arg(hold->milliseconds, 7, 'f', 1)
                .arg(hold->processorMilliseconds, 0, 'f', 1)
                .arg(hold->what, hold->during.isEmpty() ? QString() : "  [" + hold->during + "]");
    return text;
}

QString loopText()
{
    const auto *watch = WatchedApplication::instance();
    if (!watch)
        return Tr::tr("The event loop of this program is not watched.\n");
    QString text;
    if (const auto seconds = watch->secondsToFirstPaint())
        text += line(Tr::tr("First window"),
                     Tr::tr("%1 s after the start of the program").arg(*seconds, 0, 'f', 2));
    text += Tr::tr("How long the window could not answer (under 1 ms is not counted)\n");
    text += line(Tr::tr("Since the start"), holdsText(watch->holds()));
    if (watch->hasRun())
        text += line(Tr::tr("During the last run"), holdsText(watch->holdsOfRun()));
    if (!watch->holds().kept().empty())
        text += Tr::tr("The latest over 16 ms, newest first: when, how long, of that "
                       "the processor's time, what took longest, "
                       "what was going on\n") +
                listText(watch->holds());
    return text;
}

} // namespace

QString holdsText(const Holds &holds)
{
    if (holds.count() == 0)
        return Tr::tr("none");
    return Tr::tr("%1 holds, median %2 ms, 99 % under %3 ms, longest %4 ms; %5 over 16 ms, %6 "
                  "over 50 ms")
        .arg(holds.count())
        .arg(holds.percentile(50), 0, 'f', 1)
        .arg(holds.percentile(99), 0, 'f', 1)
        .arg(holds.longest(), 0, 'f', 1)
        .arg(holds.over(16))
        .arg(holds.over(50));
}

QString diagnosticsText()
{
    return programText() + '\n' + machineText() + '\n' + loopText();
}

void watchRuns(Helm *helm)
{
    auto *watch = WatchedApplication::instance();
    if (!watch)
        return;
    QObject::connect(helm, &Helm::stateChanged, watch,
                     [watch, was = Helm::State::Empty](Helm::State state) mutable {
                         const auto isGoing = [](Helm::State of) {
                             return of != Helm::State::Empty && of != Helm::State::Ready;
                         };
                         if (isGoing(state) && !isGoing(was))
                             watch->beginRun();
                         was = state;
                     });
    // After the views have shown the end: whoever connected before comes first.
    QObject::connect(helm, &Helm::runEnded, watch, &WatchedApplication::endRun,
                     Qt::QueuedConnection);
    watch->addCircumstance(helm, [helm] {
        QStringList parts;
        if (helm->isGoing())
            parts << Tr::tr("step %1 of %2").arg(helm->run().size()).arg(helm->plannedSteps());
        parts += helm->runs().titles() + helm->errands().titles();
        return parts.join(QStringLiteral(", "));
    });
}

DiagnosticsDialog::DiagnosticsDialog(QWidget *parent)
    : QDialog(parent)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName("diagnostics");
    setWindowTitle(tr("Diagnostics"));
    resize(760, 520);
    auto *column = new QVBoxLayout(this);
    m_text = new QPlainTextEdit;
    m_text->setReadOnly(true);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    setTextSize(m_text, TextSize::Body, Pitch::Fixed);
    m_text->setAccessibleName(tr("Diagnostics as text"));
    m_text->setToolTip(tr("What a report of a bug needs. It names no file and no person."));
    column->addWidget(m_text);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto *copy = buttons->addButton(tr("&Copy as text"), QDialogButtonBox::ActionRole);
    copy->setObjectName("copyDiagnostics");
    auto *again = buttons->addButton(tr("&Renew"), QDialogButtonBox::ActionRole);
    again->setObjectName("renewDiagnostics");
    connect(copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_text->toPlainText()); });
    connect(again, &QPushButton::clicked, this, &DiagnosticsDialog::renew);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
    renew();
}

void DiagnosticsDialog::renew()
{
    m_text->setPlainText(diagnosticsText());
}

} // namespace helmscope
