// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recordingdialog.h"

#include "app/jobs.h"
#include "data/writers/writers.h"
#include "steering/recording/inwords.h"
#include "widgets/letters.h"

#include <QAbstractTableModel>
#include <QComboBox>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace helmscope {

namespace {

struct Row
{
    QString name, value;
    bool isStandard = false; ///< by its standard name and unit, not as the file has it
};

/// Everything nested as a flat list: "ImageTags/Microscope Info/Voltage", "200000".
void flatten(const QJsonValue &value, const QString &name, std::vector<Row> &into, int depth = 0)
{
    constexpr std::size_t most = 200'000;
    constexpr int deepest = 64;
    if (into.size() >= most || depth > deepest)
        return;
    const auto below = [&](const QString &child) {
        return name.isEmpty() ? child : name + '/' + child;
    };
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (auto child = object.begin(); child != object.end(); ++child)
            flatten(child.value(), below(child.key()), into, depth + 1);
        return;
    }
    if (value.isArray()) {
        const QJsonArray array = value.toArray();
        const bool isPlain = std::none_of(array.begin(), array.end(), [](const QJsonValue &one) {
            return one.isObject() || one.isArray();
        });
        if (!isPlain) {
            for (qsizetype i = 0; i < array.size(); ++i)
                flatten(array[i], below(QString::number(i)), into, depth + 1);
            return;
        }
        QStringList words;
        for (const QJsonValue &one : array)
            words << one.toVariant().toString();
        into.push_back({name, words.join(", ").left(4000), false});
        return;
    }
    into.push_back({name, value.toVariant().toString().left(4000), false});
}

std::vector<Row> rowsOf(const Metadata &metadata)
{
    std::vector<Row> rows;
    for (const MetadataField &field : metadataFields()) {
        const QString name = QCoreApplication::translate("helmscope::Tr", field.name);
        if (const auto text = metadata.texts.find(field.field); text != metadata.texts.end())
            rows.push_back({name, text->second, true});
        const QString unit = qstrcmp(field.unit, "1") == 0 ? QString() : ' ' + QString(field.unit);
        if (const auto number = metadata.numbers.find(field.field);
            number != metadata.numbers.end())
            rows.push_back({name, QLocale().toString(number->second, 'g', 6) + unit, true});
    }
    flatten(metadata.all, {}, rows);
    return rows;
}

class MetadataModel final : public QAbstractTableModel
{
public:
    MetadataModel(std::vector<Row> rows, QObject *parent)
        : QAbstractTableModel(parent)
        , m_rows(std::move(rows))
    {
    }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : 2;
    }
    QVariant data(const QModelIndex &index, int role) const override
    {
        if (!index.isValid())
            return {};
        const Row &row = m_rows[std::size_t(index.row())];
        if (role == Qt::DisplayRole)
            return index.column() == 0 ? row.name : row.value;
        if (role == Qt::ToolTipRole)
            return row.isStandard ? RecordingDialog::tr("%1: %2\n(by its usual name and unit)")
                                        .arg(row.name, row.value)
                                  : row.name + ": " + row.value;
        return {};
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (role != Qt::DisplayRole || orientation != Qt::Horizontal)
            return {};
        return section == 0 ? RecordingDialog::tr("Name") : RecordingDialog::tr("Value");
    }

private:
    std::vector<Row> m_rows;
};

struct Read
{
    std::vector<Row> rows;
    QStringList warnings;
};

} // namespace

RecordingDialog::~RecordingDialog() = default;

RecordingDialog::RecordingDialog(const QStringList &files, const Address &first, Jobs &errands,
                                 QWidget *parent)
    : QDialog(parent)
    , m_errands(errands)
    , m_first(first)
    , m_jobs(std::make_unique<Jobs>())
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Recording: how it was taken, and export"));
    auto *layout = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    layout->addLayout(form);
    m_array = new QComboBox;
    m_array->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_array->setMinimumContentsLength(40);
    m_array->setAccessibleName(tr("Array"));
    form->addRow(tr("&Array"), m_array);
    m_search = new QLineEdit;
    m_search->setClearButtonEnabled(true);
    m_search->setPlaceholderText(tr("A word of a name or a value: voltage, detector, 200"));
    m_search->setAccessibleName(tr("Search"));
    form->addRow(tr("&Search"), m_search);

    m_found = new QSortFilterProxyModel(this);
    m_found->setFilterKeyColumn(-1); // names and values
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table = new QTableView;
    m_table->setModel(m_found);
    m_table->setAccessibleName(tr("All that the file says of it"));
    m_table->setWordWrap(false);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->verticalHeader()->hide();
    fitRowsToLetters(m_table);
    m_table->horizontalHeader()->setStretchLastSection(true);
    layout->addWidget(m_table, 1);
    m_state = new QLabel(tr("Reading…"));
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_state);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    m_format = new QComboBox;
    m_format->setAccessibleName(tr("Format of the export"));
    for (const Writer &writer : writers())
        m_format->addItem(tr("%1 (.%2)").arg(writer.name, writer.suffix), QString(writer.key));
    m_export = new QPushButton(tr("&Export…"));
    m_export->setAutoDefault(false);
    m_export->setEnabled(false);
    m_export->setToolTip(tr("Writes the array above, with its axes and how it was taken, to a new "
                            "file."));
    auto *bottom = new QHBoxLayout;
    auto *label = new QLabel(tr("Export as"));
    label->setBuddy(m_format);
    bottom->addWidget(label);
    bottom->addWidget(m_format);
    bottom->addWidget(m_export);
    bottom->addStretch();
    bottom->addWidget(buttons);
    layout->addLayout(bottom);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_export, &QPushButton::clicked, this, &RecordingDialog::chooseFile);
    connect(m_search, &QLineEdit::textChanged, m_found,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_array, &QComboBox::currentIndexChanged, this, &RecordingDialog::readChosen);
    const auto tellFailure = [this](const QString &, const QString &sentence) {
        m_state->setText(sentence);
    };
    connect(m_jobs.get(), &Jobs::failed, this, tellFailure);
    connect(&m_errands, &Jobs::failed, this, tellFailure);

    using Arrays = std::pair<std::vector<Address>, QStringList>;
    m_jobs->run(
        tr("Reading"), this,
        [files](const Progress &) {
            Arrays found;
            for (const QString &file : files)
                for (const ArrayInfo &info : listArrays(file)) {
                    found.first.push_back({file, info.path});
                    found.second << QStringLiteral("%1  (%2, %3) – %4")
                                        .arg(info.title.isEmpty() ? info.path : inWords(info.title),
                                             info.shapeText(), Samples::nameOf(info.type),
                                             QFileInfo(file).fileName());
                }
            return found;
        },
        [this](const Arrays &found) { showArrays(found.first, found.second); });
    resize(760, 560);
}

void RecordingDialog::showArrays(const std::vector<Address> &arrays, const QStringList &names)
{
    m_arrays = arrays;
    const QSignalBlocker quiet(m_array);
    m_array->addItems(names);
    for (std::size_t i = 0; i < arrays.size(); ++i)
        if (arrays[i].file == m_first.file && arrays[i].array == m_first.array.section('?', 0, 0)) {
            m_array->setCurrentIndex(int(i));
            break;
        }
    readChosen();
}

Address RecordingDialog::chosen() const
{
    const int index = m_array->currentIndex();
    return index < 0 ? Address() : m_arrays[std::size_t(index)];
}

void RecordingDialog::readChosen()
{
    const Address address = chosen();
    m_export->setEnabled(!address.file.isEmpty());
    if (address.file.isEmpty())
        return;
    m_jobs->run(
        tr("Reading"), this,
        [address](const Progress &) {
            const Metadata metadata = readMetadata(address);
            return Read{rowsOf(metadata), metadata.warnings};
        },
        [this, number = ++m_readNumber](const Read &read) {
            if (number != m_readNumber)
                return;
            QAbstractItemModel *old = m_found->sourceModel();
            m_found->setSourceModel(new MetadataModel(read.rows, this));
            delete old;
            m_table->setColumnWidth(0, std::max(260, width() / 2 - 40));
            const QString said = read.rows.size() == 1
                                     ? tr("The file says one thing of it.")
                                     : tr("The file says %1 things of it.").arg(read.rows.size());
            m_state->setText(read.rows.empty()
                                 ? tr("The file says nothing of how it was taken.")
                                 : (QStringList{said} + inWords(read.warnings)).join('\n'));
        });
}

void RecordingDialog::chooseFile()
{
    const Writer &writer = writerOf(m_format->currentData().toString());
    auto *dialog =
        new QFileDialog(this, tr("Export the recording"), {},
                        tr("%1 (*.%2)").arg(QString(writer.name), QString(writer.suffix)));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(writer.suffix);
    dialog->selectFile(QFileInfo(chosen().file).completeBaseName() + "-export." + writer.suffix);
    connect(dialog, &QFileDialog::fileSelected, this, &RecordingDialog::exportTo);
    dialog->open();
}

void RecordingDialog::exportTo(const QString &file)
{
    const Address address = chosen();
    m_state->setText(tr("Writing %1…").arg(QFileInfo(file).fileName()));
    m_errands.run(
        tr("Exporting a recording"), this,
        [address, file, key = m_format->currentData().toString()](const Progress &progress) {
            const DescribedArray recording{readArray(address, part(progress, 0, 0.5)),
                                           readMetadata(address)};
            writeRecording(file, writerOf(key), recording, true, part(progress, 0.5, 1));
        },
        [this, file] {
            m_state->setText(tr("Saved as %1.").arg(file));
            emit written(file);
        });
}

} // namespace helmscope
