// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/begindialog.h"

#include "app/jobs.h"
#include "steering/recording/inwords.h"
#include "widgets/letters.h"
#include "widgets/theme.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace helmscope {

namespace {

enum Column { Name, Gain, WarmError, ColdError, WarmDensity, ColdDensity, ColumnCount };
constexpr int mostKnown = 50;
const QString knownKey = QStringLiteral("beginning/metaModels");

QString text(double number)
{
    return QStringLiteral("%1").arg(number, 0, 'f', 2);
}

} // namespace

QStringList knownMetaModels(const QString &folder)
{
    QStringList files = QSettings().value(knownKey).toStringList();
    if (!folder.isEmpty()) {
        const QDir own(folder + QStringLiteral("/meta-models"));
        for (const QFileInfo &file : own.entryInfoList({"*.h5", "*.hdf5"}, QDir::Files, QDir::Name))
            files << file.absoluteFilePath();
    }
    files.removeDuplicates();
    files.removeIf([](const QString &file) { return !QFileInfo(file).isFile(); });
    return files;
}

void setKnownMetaModels(const QStringList &files)
{
    QSettings().setValue(knownKey, files.mid(0, mostKnown));
}

BeginDialog::BeginDialog(Jobs &jobs, RankingGround ground, const QStringList &files,
                         const QString &current, QWidget *parent)
    : QDialog(parent)
    , m_jobs(jobs)
    , m_ground(std::move(ground))
    , m_files(files)
    , m_current(current)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("What the model begins from"));
    auto *column = new QVBoxLayout(this);
    m_intro = new QLabel;
    m_intro->setWordWrap(true);
    column->addWidget(m_intro);
    auto *parts = new QSplitter(Qt::Vertical);
    m_table = new QTreeWidget;
    m_table->setObjectName("ranking");
    m_table->setAccessibleName(tr("Meta-models, the best first"));
    m_table->setRootIsDecorated(false);
    m_table->setAllColumnsShowFocus(true);
    m_table->setHeaderLabels({tr("Meta-model"), tr("Gain (nats/point)"), tr("Error from it"),
                              tr("Error cold"), tr("NLPD from it"), tr("NLPD cold")});
    for (int i = Gain; i < ColumnCount; ++i)
        m_table->headerItem()->setTextAlignment(i, Qt::AlignRight);
    m_table->headerItem()->setToolTip(
        Gain, tr("What it is better than a cold beginning by: in the negative log density of a "
                 "point left out, and in the logarithm of the error."));
    m_table->headerItem()->setToolTip(WarmError, tr("Of points left out, over the deviation of "
                                                    "the values: 1 is as good as their mean."));
    m_details = new QPlainTextEdit;
    m_details->setReadOnly(true);
    setTextSize(m_details, TextSize::Body, Pitch::Fixed); // it has columns
    m_details->setAccessibleName(tr("Its rank's reason, and its card"));
    parts->addWidget(m_table);
    parts->addWidget(m_details);
    parts->setChildrenCollapsible(false);
    column->addWidget(parts, 1);
    m_choice = new QLabel;
    m_choice->setObjectName("choice");
    m_choice->setWordWrap(true);
    m_choice->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_choice);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    const auto addButton = [buttons](const QString &words, const char *name,
                                     QDialogButtonBox::ButtonRole role, const QString &help) {
        QPushButton *button = buttons->addButton(words, role);
        button->setObjectName(QLatin1String(name));
        button->setAutoDefault(false);
        button->setToolTip(help);
        return button;
    };
    QPushButton *more = addButton(tr("&Add…"), "addMetaModel", QDialogButtonBox::ResetRole,
                                  tr("Files that helmscope-cli metatrain made."));
    m_forget = addButton(tr("&Forget"), "forgetMetaModel", QDialogButtonBox::ResetRole,
                         tr("Takes the selected one off this list; the file stays."));
    const bool isLive = m_ground.isLive;
    m_choose =
        addButton(tr("&Let the program choose"), "chooseMetaModel", QDialogButtonBox::ActionRole,
                  tr("The best of them, or a cold beginning where none helps. Where nothing is "
                     "measured yet the run itself ranks them after its first points."));
    m_begin = addButton(isLive ? tr("&Use from here on") : tr("&Begin from the selected"),
                        "beginFrom", QDialogButtonBox::ActionRole,
                        isLive ? tr("From the next step on the model begins from the selected one, "
                                    "as long as it helps.")
                               : tr("From the next run on, as long as it helps."));
    QPushButton *cold =
        addButton(isLive ? tr("Cold from &here on") : tr("Begin &cold"), "beginCold",
                  QDialogButtonBox::ActionRole, tr("Learns this sample alone."));
    column->addWidget(buttons);

    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(more, &QPushButton::clicked, this, &BeginDialog::chooseFiles);
    connect(m_forget, &QPushButton::clicked, this, &BeginDialog::forgetSelected);
    connect(m_table, &QTreeWidget::currentItemChanged, this, &BeginDialog::showDetails);
    const auto begin = [this] {
        if (const int row = selected(); row >= 0 && m_ranking[std::size_t(row)].trouble.isEmpty()) {
            emit chosen(m_ranking[std::size_t(row)].file, {});
            accept();
        }
    };
    connect(m_begin, &QPushButton::clicked, this, begin);
    connect(m_table, &QTreeWidget::itemActivated, this, begin);
    connect(cold, &QPushButton::clicked, this, [this] {
        emit chosen({}, {});
        accept();
    });
    connect(m_choose, &QPushButton::clicked, this, &BeginDialog::choose);
    // Room for a sentence of three lines, which a label does not ask for by itself.
    m_choice->setMinimumHeight(3 * fontMetrics().lineSpacing());
    resize(fontMetrics().averageCharWidth() * 130, fontMetrics().lineSpacing() * 38);
    rank();
}

void BeginDialog::choose()
{
    if (isMeasured()) {
        const Choice choice = chosenOf(m_ranking);
        emit chosen(choice.index < 0 ? QString() : m_ranking[std::size_t(choice.index)].file,
                    choice.reason);
    } else {
        emit leftOpen(m_files);
    }
    accept();
}

void BeginDialog::add(const QStringList &files)
{
    for (const QString &file : files)
        if (const QString path = QFileInfo(file).absoluteFilePath(); !m_files.contains(path))
            m_files.prepend(path);
    emit filesChanged(m_files);
    rank();
}

void BeginDialog::chooseFiles()
{
    auto *dialog = new QFileDialog(this, tr("Add meta-models"), {},
                                   tr("Meta-models (*.h5 *.hdf5);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &BeginDialog::add);
    dialog->open();
}

void BeginDialog::forgetSelected()
{
    if (const int row = selected(); row >= 0) {
        m_files.removeAll(m_ranking[std::size_t(row)].file);
        m_ranking.erase(m_ranking.begin() + row);
        emit filesChanged(m_files);
        showRanking();
    }
}

void BeginDialog::rank()
{
    m_isRanking = true;
    const int number = ++m_asked;
    showRanking();
    m_jobs.run(
        tr("Ranking meta-models"), this,
        [ground = m_ground, files = m_files](const Progress &progress) {
            static const Dataset none;
            return helmscope::ranked(files, ground.plan, ground.survey ? *ground.survey : none,
                                     ground.pixels, ground.values, progress);
        },
        [this, number](const std::vector<RankedMetaModel> &ranking) {
            if (number != m_asked)
                return; // another one is on its way
            m_ranking = ranking;
            m_isRanking = false;
            showRanking();
            emit ranked();
        });
}

void BeginDialog::showRanking()
{
    const QString judged =
        m_ground.isLive
            ? tr("Judged on the %1 points that this run has measured, left out in turn in five "
                 "parts, against its model beginning cold. What you take holds from the next step "
                 "on and stands in the record.")
            : tr("Judged on the %1 points measured of this sample, left out in turn in five parts, "
                 "against the plan's model beginning cold.");
    m_intro->setText(
        isMeasured()
            ? judged.arg(m_ground.pixels.size())
            : tr("Of this sample too little is measured to rank them: let the program choose after "
                 "the run's first points, or come back once four are measured. A run that begins "
                 "from a meta-model goes on cold by itself where that is better."));
    const int before = selected();
    m_table->clear();
    const Theme &theme = themeOf(palette());
    for (const RankedMetaModel &model : m_ranking) {
        auto *item = new QTreeWidgetItem(m_table);
        const bool isCurrent = model.file == m_current;
        item->setText(
            Name,
            isCurrent
                ? (m_ground.isLive ? tr("● %1 (in use)") : tr("● %1 (in the plan)")).arg(model.name)
                : model.name);
        for (int i = 0; i < ColumnCount; ++i) {
            item->setToolTip(i, inWords(reasonOf(model)) + '\n' + model.file);
            if (i >= Gain)
                item->setTextAlignment(i, Qt::AlignRight | Qt::AlignVCenter);
        }
        if (!model.trouble.isEmpty()) {
            item->setText(Gain, tr("cannot be used"));
            item->setForeground(Name, theme.quietText);
            item->setForeground(Gain, theme.quietText);
            continue;
        }
        const WarmAgainstCold &warmth = model.warmth;
        if (!warmth.isKnown())
            continue;
        // A gain that may be chance has neither sign nor colour.
        const double gain = warmth.gain();
        const bool isChance = gain >= 0 && !warmth.isWarmBetter();
        item->setText(Gain, (isChance    ? tr("%1")
                             : gain >= 0 ? tr("▲ %1")
                                         : tr("▼ %1"))
                                .arg(QString::asprintf("%+.2f", gain)));
        if (!isChance)
            item->setForeground(Gain, gain >= 0 ? theme.good : theme.bad);
        item->setText(WarmError, text(warmth.warm.rmse));
        item->setText(ColdError, text(warmth.cold.rmse));
        item->setText(WarmDensity, text(warmth.warm.nlpd));
        item->setText(ColdDensity, text(warmth.cold.nlpd));
    }
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->header()->setSectionResizeMode(Name, QHeaderView::Stretch);
    m_choice->setText(m_isRanking ? tr("Ranking…") : inWords(chosenOf(m_ranking).reason));
    m_choose->setEnabled(!m_isRanking && (isMeasured() || !m_ground.isLive) && !m_ranking.empty());
    const int count = m_table->topLevelItemCount();
    if (count > 0)
        m_table->setCurrentItem(m_table->topLevelItem(std::clamp(before, 0, count - 1)));
    showDetails();
}

void BeginDialog::showDetails()
{
    const int row = selected();
    const RankedMetaModel *model = row >= 0 ? &m_ranking[std::size_t(row)] : nullptr;
    m_begin->setEnabled(model && model->trouble.isEmpty());
    m_forget->setEnabled(model && !m_isRanking);
    m_details->setPlainText(
        model ? inWords(reasonOf(*model)) + "\n\n" + model->file + '\n' + model->card : QString());
}

int BeginDialog::selected() const
{
    const int row = m_table->indexOfTopLevelItem(m_table->currentItem());
    return row < int(m_ranking.size()) ? row : -1;
}

} // namespace helmscope
