// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/welcome.h"

#include "widgets/theme.h"

#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QWhatsThis>

namespace helmscope {

namespace {

constexpr auto seenKey = "window/welcomed";

} // namespace

Welcome::Welcome(QWidget *parent)
    : QFrame(parent)
{
    setObjectName("welcome");
    setAccessibleName(tr("First steps"));
    setAutoFillBackground(true);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 6, 8, 6);
    auto *text = new QLabel(
        tr("<b>1</b> Open a survey image with its spectra or a microscope, or stay with this "
           "simulated sample. <b>2</b> Drag the band in the spectrum to say what to look for. "
           "<b>3</b> Press Run: what is measured next is where the model learns most; ABORT, or "
           "Esc twice, stops the beam at once."));
    text->setObjectName("welcomeText");
    text->setTextFormat(Qt::RichText);
    text->setWordWrap(true);
    text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // wraps, never widens
    row->addWidget(text, 1);
    auto *open = new QPushButton(tr("Open…"));
    open->setToolTip(tr("Opens data, a recorded run, or somebody else's recording."));
    connect(open, &QPushButton::clicked, this, &Welcome::openWished);
    row->addWidget(open);
    auto *away = new QPushButton(tr("Got it"));
    away->setObjectName("welcomeAway");
    away->setToolTip(tr("Puts this away for good; F1 says more."));
    connect(away, &QPushButton::clicked, this, &Welcome::putAway);
    row->addWidget(away);
}

bool Welcome::isWanted()
{
    return !QSettings().value(seenKey).toBool();
}

void Welcome::putAway()
{
    if (isHidden())
        return;
    hide();
    QSettings().setValue(seenKey, true);
}

ToolTipsAsHelp::ToolTipsAsHelp(QObject *application)
    : QObject(application)
{
    application->installEventFilter(this);
}

bool ToolTipsAsHelp::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::QueryWhatsThis && event->type() != QEvent::WhatsThis)
        return QObject::eventFilter(watched, event);
    const auto *widget = qobject_cast<QWidget *>(watched);
    if (!widget || !widget->whatsThis().isEmpty() || widget->toolTip().isEmpty())
        return QObject::eventFilter(watched, event);
    event->accept();
    if (event->type() == QEvent::WhatsThis)
        QWhatsThis::showText(static_cast<QHelpEvent *>(event)->globalPos(), widget->toolTip());
    return true;
}

} // namespace helmscope
