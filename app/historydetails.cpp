// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/historydetails.h"

#include "steering/recording/inwords.h"
#include "widgets/letters.h"
#include "widgets/lineagestyle.h"
#include "widgets/mapimage.h"
#include "widgets/redlight.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

/// With three figures, thousands written out.
QString numberText(double value)
{
    const double size = std::abs(value);
    return size >= 1000 && size < 1e6 ? QString::number(value, 'f', 0)
                                      : QString::number(value, 'g', 3);
}

} // namespace

/// A map as large as its place allows, with a caption and the colours' ends.
class RunPicture final : public QWidget
{
public:
    explicit RunPicture(const QString &name)
        : m_name(name)
    {
        setMinimumSize(120, 150);
        QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
        policy.setHeightForWidth(true);
        setSizePolicy(policy);
        setAccessibleName(name);
    }
    void setMap(std::shared_ptr<const Map> map, Colormap colormap, const QString &unit)
    {
        m_limits = map ? percentileLimits(*map) : ColorLimits();
        m_colormap = colormap;
        m_unit = unit;
        m_image.setMap(std::move(map));
        updateGeometry();
        update();
    }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override
    {
        return std::clamp(int(width * aspect()), 60, 420) + captionHeight();
    }
    QSize sizeHint() const override { return {190, heightForWidth(190)}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const Theme &theme = themeOf(palette());
        painter.setFont(textFont(TextSize::Small));
        const int caption = captionHeight();
        const auto &map = m_image.map();
        if (!map || map->size() == 0)
            return;
        const double scale = std::min(double(width()) / double(map->cols()),
                                      double(height() - caption) / double(map->rows()));
        const QSize size(std::max(1, int(double(map->cols()) * scale)),
                         std::max(1, int(double(map->rows()) * scale)));
        const double ratio = devicePixelRatioF();
        const bool isRed = isRedLit(theme);
        QImage image =
            m_image.render(size * ratio, QRectF(0, 0, double(map->cols()), double(map->rows())),
                           isRed ? inRedLight(m_colormap) : m_colormap, m_limits, {});
        if (isRed)
            redden(image);
        image.setDevicePixelRatio(ratio);
        const QRect place(QPoint(0, 0), size);
        painter.fillRect(place, theme.plot);
        painter.drawImage(place.topLeft(), image);
        painter.setPen(theme.border);
        painter.drawRect(place.adjusted(0, 0, -1, -1));
        const int line = painter.fontMetrics().height();
        painter.setPen(theme.text);
        painter.drawText(QRect(0, size.height() + 4, width(), line), Qt::AlignLeft, m_name);
        painter.setPen(theme.quietText);
        const QString range = QStringLiteral("%1 – %2 %3")
                                  .arg(numberText(m_limits.low), numberText(m_limits.high), m_unit);
        painter.drawText(QRect(0, size.height() + 4 + line, width(), line), Qt::AlignLeft,
                         painter.fontMetrics().elidedText(range, Qt::ElideRight, width()));
    }

private:
    int captionHeight() const { return 2 * QFontMetrics(textFont(TextSize::Small)).height() + 8; }
    double aspect() const
    {
        const auto &map = m_image.map();
        return map && map->cols() > 0 ? double(map->rows()) / double(map->cols()) : 1.0;
    }

    QString m_name, m_unit;
    MapImage m_image;
    Colormap m_colormap = Colormap::Viridis;
    ColorLimits m_limits;
};

HistoryDetails::HistoryDetails(QWidget *parent)
    : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    m_empty = new QLabel;
    m_empty->setObjectName("quiet");
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setMargin(24);
    column->addWidget(m_empty, 1);
    m_body = makeBody();
    column->addWidget(m_body, 1);
    clear(tr("Select a version: here is then what it changed."));
}

QWidget *HistoryDetails::makeBody()
{
    const auto label = [](TextSize size) {
        auto *made = new QLabel;
        setTextSize(made, size);
        made->setWordWrap(true);
        made->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        return made;
    };
    auto *body = new QWidget;
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);

    auto *content = new QWidget;
    auto *lines = new QVBoxLayout(content);
    lines->setContentsMargins(12, 10, 12, 10);
    lines->setSpacing(8);
    m_title = label(TextSize::Title);
    m_title->setAccessibleName(tr("Version"));
    m_about = label(TextSize::Small);
    m_about->setObjectName("quiet");
    m_text = label(TextSize::Body);
    m_text->setAccessibleName(tr("What changed"));
    m_text->setTextFormat(Qt::RichText);
    m_pictures = new QWidget;
    auto *pair = new QHBoxLayout(m_pictures);
    pair->setContentsMargins(0, 4, 0, 0);
    pair->setSpacing(10);
    m_mean = new RunPicture(tr("Mean"));
    m_deviation = new RunPicture(tr("Deviation"));
    pair->addWidget(m_mean, 1);
    pair->addWidget(m_deviation, 1);
    m_pictureText = label(TextSize::Small);
    m_pictureText->setObjectName("quiet");
    for (QWidget *part :
         std::initializer_list<QWidget *>{m_title, m_about, m_pictures, m_pictureText, m_text})
        lines->addWidget(part);
    lines->addStretch(1);
    auto *scroll = new QScrollArea;
    scroll->setAccessibleName(tr("What this version changed"));
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(scroll, 1);
    column->addWidget(makeButtons());
    return body;
}

QWidget *HistoryDetails::makeButtons()
{
    const auto button = [](const char *name, const QString &text, const QString &help) {
        auto *made = new QPushButton(text);
        made->setObjectName(QString::fromLatin1(name));
        made->setToolTip(help);
        made->setAutoDefault(false);
        return made;
    };
    m_open = button("openRun", tr("&Open run"),
                    tr("Shows the run as it now is in the workspace. (Enter in the list)"));
    m_restore = button("restoreRun", tr("&Restore run as it was"),
                       tr("Puts the run's files back as this version has them; what is there now "
                          "stays beside it."));
    m_keep = button("keep", tr("&Keep…"), tr("Gives this version a name (a tag of git)."));
    m_removeTag =
        button("removeTag", tr("Remove &tag"), tr("Takes the name away again; the version stays."));
    m_run = new QComboBox;
    m_run->setObjectName("runOfVersion");
    m_run->setAccessibleName(tr("Run"));
    m_run->setToolTip(tr("Which of the runs that this version changed."));
    m_name = new QLineEdit;
    m_name->setObjectName("tagName");
    m_name->setAccessibleName(tr("Name to keep it under"));
    m_name->setPlaceholderText(tr("A name, e.g. figure-2"));
    m_name->setToolTip(tr("Enter keeps the version under this name, Esc does not."));
    m_name->setMaxLength(100);
    m_name->installEventFilter(this);
    auto *give = button("giveName", tr("Kee&p"), tr("Keeps this version under this name."));
    m_naming = new QWidget;
    auto *naming = new QHBoxLayout(m_naming);
    naming->setContentsMargins(0, 0, 0, 0);
    naming->addWidget(m_name, 1);
    naming->addWidget(give);
    m_naming->hide();

    auto *bar = new QWidget;
    auto *column = new QVBoxLayout(bar);
    column->setContentsMargins(12, 8, 12, 10);
    column->setSpacing(6);
    column->addWidget(m_naming);
    column->addWidget(m_run);
    for (const auto &[left, right] : {std::pair{m_open, m_restore}, {m_keep, m_removeTag}}) {
        auto *row = new QHBoxLayout;
        row->setSpacing(6);
        row->addWidget(left, 1);
        row->addWidget(right, 1);
        column->addLayout(row);
    }
    connect(m_open, &QPushButton::clicked, this, [this] { emit runWished(run()); });
    connect(m_restore, &QPushButton::clicked, this,
            [this] { emit restoreWished(run(), m_version); });
    connect(m_keep, &QPushButton::clicked, this, [this] { askForName(m_naming->isHidden()); });
    connect(m_removeTag, &QPushButton::clicked, this, &HistoryDetails::removeTag);
    connect(give, &QPushButton::clicked, this, &HistoryDetails::keep);
    connect(m_name, &QLineEdit::returnPressed, this, &HistoryDetails::keep);
    connect(m_name, &QLineEdit::textChanged, give,
            [give](const QString &text) { give->setEnabled(!text.trimmed().isEmpty()); });
    give->setEnabled(false);
    connect(m_run, &QComboBox::activated, this, [this] { emit runChosen(run()); });
    return bar;
}

void HistoryDetails::show(const Version &version, const QStringList &tags)
{
    m_version = version.id;
    m_runs.clear();
    m_sentences.clear();
    m_files.clear();
    m_title->setText(version.summary());
    m_about->setText(tr("%1, %2 · version %3", "author, time, hash")
                         .arg(version.author.name, timeText(version.timeMs), version.id.left(10)));
    m_about->setToolTip(version.author.email + '\n' + version.id);
    m_text->setText(tr("Reading what changed…"));
    m_pictures->hide();
    m_pictureText->hide();
    m_run->clear();
    askForName(false);
    setTags(tags);
    m_empty->hide();
    m_body->show();
}

void HistoryDetails::setSummary(const VersionSummary &summary)
{
    m_runs = summary.runs;
    m_sentences = summary.sentences;
    m_files = summary.files;
    m_run->clear();
    m_run->addItems(m_runs);
    showText();
    showButtons();
    if (!m_runs.isEmpty())
        emit runChosen(run());
}

void HistoryDetails::setPictures(const RunPictures &pictures)
{
    const bool hasMaps = pictures.mean && pictures.deviation;
    m_pictures->setVisible(hasMaps);
    m_pictureText->show();
    m_pictureText->setText(hasMaps ? tr("Run %1 at its step %2: %3.")
                                         .arg(pictures.run)
                                         .arg(pictures.step)
                                         .arg(inWords(pictures.valueName))
                                   : pictures.sentence);
    m_mean->setMap(pictures.mean, Colormap::Viridis, inWords(pictures.valueUnit));
    m_deviation->setMap(pictures.deviation, Colormap::Cividis, inWords(pictures.valueUnit));
}

void HistoryDetails::setTags(const QStringList &tags)
{
    m_tags = tags;
    showText();
    showButtons();
}

void HistoryDetails::clear(const QString &sentence)
{
    m_version.clear();
    m_runs.clear();
    m_tags.clear();
    m_empty->setText(sentence);
    m_empty->show();
    m_body->hide();
    showButtons();
}

void HistoryDetails::setProblem(const QString &sentence)
{
    m_text->setText(sentence.toHtmlEscaped());
}

QString HistoryDetails::run() const
{
    return m_run->currentText();
}

QString HistoryDetails::text() const
{
    return m_sentences.join('\n');
}

void HistoryDetails::showText()
{
    if (m_sentences.isEmpty())
        return;
    constexpr std::size_t mostFiles = 200;
    const Theme &theme = themeOf(palette());
    const auto heading = [&](const QString &text) {
        return QStringLiteral("<p style='margin:10px 0 3px 0; color:%1'>%2</p>")
            .arg(theme.quietText.name(), text.toHtmlEscaped());
    };
    QString html = heading(tr("What changed"));
    for (const QString &sentence : m_sentences)
        html += QStringLiteral("<p style='margin:0 0 5px 0'>%1</p>").arg(sentence.toHtmlEscaped());
    if (!m_tags.isEmpty())
        html += heading(tr("Kept as")) +
                QStringLiteral("<p style='margin:0'>%1</p>").arg(m_tags.join(", ").toHtmlEscaped());
    if (!m_files.empty())
        html += heading(tr("Files"));
    for (std::size_t i = 0; i < std::min(m_files.size(), mostFiles); ++i) {
        const FileChange &file = m_files[i];
        const QString how = file.kind == FileChange::Kind::Added     ? tr("new")
                            : file.kind == FileChange::Kind::Removed ? tr("removed")
                                                                     : tr("changed");
        html += QStringLiteral("<p style='margin:0'>%1 <span style='color:%2'>%3</span></p>")
                    .arg(file.path.toHtmlEscaped(), theme.quietText.name(), how.toHtmlEscaped());
    }
    if (m_files.size() > mostFiles)
        html += QStringLiteral("<p style='margin:0'>%1</p>")
                    .arg(tr("and %1 more").arg(m_files.size() - mostFiles));
    m_text->setText(html);
}

void HistoryDetails::showButtons()
{
    const bool isShown = !m_version.isEmpty();
    m_run->setVisible(m_runs.size() > 1);
    m_open->setEnabled(isShown && !m_runs.isEmpty());
    m_restore->setEnabled(isShown && !m_runs.isEmpty());
    m_keep->setEnabled(isShown);
    m_removeTag->setEnabled(isShown && !m_tags.isEmpty());
}

void HistoryDetails::askForName(bool isAsked)
{
    m_naming->setVisible(isAsked);
    m_name->clear();
    if (isAsked)
        m_name->setFocus();
}

void HistoryDetails::keep()
{
    const QString name = m_name->text().trimmed();
    if (name.isEmpty() || m_version.isEmpty())
        return;
    askForName(false);
    emit keepWished(name, m_version);
}

void HistoryDetails::removeTag()
{
    if (m_tags.size() == 1) {
        emit removeTagWished(m_tags.first());
        return;
    }
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const QString &tag : m_tags)
        menu->addAction(QString(tag).replace('&', "&&"), this,
                        [this, tag] { emit removeTagWished(tag); });
    menu->popup(m_removeTag->mapToGlobal(QPoint(0, m_removeTag->height())));
}

bool HistoryDetails::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_name && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        askForName(false);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void HistoryDetails::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showText();
}

} // namespace helmscope
