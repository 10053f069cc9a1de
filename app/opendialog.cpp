// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opendialog.h"

#include "app/jobs.h"
#include "base/error.h"
#include "data/catalog.h"
#include "data/formats.h"
#include "steering/recording/inwords.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTreeWidget>

#include <algorithm>

namespace helmscope {

namespace {

int dimensionsOf(const ArrayInfo &info)
{
    return int(std::count_if(info.axes.begin(), info.axes.end(),
                             [](const Axis &axis) { return axis.size > 1; }));
}

QString describe(const Address &address, const ArrayInfo &info, bool hasSeveralFiles)
{
    const QString name = info.title.isEmpty() ? info.path : inWords(info.title);
    const QString text = QStringLiteral("%1  (%2, %3)")
                             .arg(name.isEmpty() ? QFileInfo(address.file).fileName() : name,
                                  info.shapeText(), Samples::nameOf(info.type));
    return hasSeveralFiles ? text + " – " + QFileInfo(address.file).fileName() : text;
}

/// "0.5 nm × 0.5 nm × 10 eV": a step of each calibrated axis.
QString stepsText(const ArrayInfo &info)
{
    QStringList steps;
    for (const Axis &axis : info.axes)
        steps << (!axis.isCalibrated ? QStringLiteral("–")
                  : !axis.values.empty()
                      ? OpenDialog::tr("uneven %1").arg(axis.unit)
                      : QStringLiteral("%1 %2").arg(axis.scale, 0, 'g', 4).arg(axis.unit));
    return steps.count("–") == steps.size() ? QString() : steps.join(QStringLiteral(" × "));
}

/// What a file says of an array, for people: one line a field.
QString metadataText(const Metadata &metadata)
{
    QStringList lines;
    for (const MetadataField &field : metadataFields()) {
        const QString name = QCoreApplication::translate("helmscope::Tr", field.name);
        const QString unit = qstrcmp(field.unit, "1") == 0 ? QString() : QString(field.unit);
        if (const auto text = metadata.texts.find(field.field); text != metadata.texts.end())
            lines << QStringLiteral("%1: %2").arg(name, text->second.left(200));
        if (const auto number = metadata.numbers.find(field.field);
            number != metadata.numbers.end())
            lines << QStringLiteral("%1: %2 %3").arg(name).arg(number->second, 0, 'g', 6).arg(unit);
    }
    return (lines + inWords(metadata.warnings)).join('\n');
}

/// What the worker found out of an array.
struct Look
{
    QByteArray picture;
    QString text;
};

} // namespace

OpenDialog::~OpenDialog() = default;

OpenDialog::OpenDialog(const Contents &contents, QWidget *parent)
    : QDialog(parent)
    , m_contents(contents)
    , m_jobs(std::make_unique<Jobs>())
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Open: which array is what?"));
    auto *form = new QFormLayout(this);
    QStringList names;
    for (const QString &file : contents.files)
        names << QFileInfo(file).fileName();
    auto *intro = new QLabel(tr("These files hold several arrays: %1").arg(names.join(", ")));
    intro->setWordWrap(true);
    form->addRow(intro);
    form->addRow(tree());

    const DatasetSources &guess = contents.guess;
    const auto image = contents.objection.isEmpty() ? std::optional(guess.image) : std::nullopt;
    form->addRow(tr("Survey &image"), m_image = choice(tr("Survey image"), 2, true, image));
    form->addRow(tr("&Spectra"), m_spectra = choice(tr("Spectra"), 3, false, guess.spectra));
    form->addRow(tr("&Energies"), m_energies = choice(tr("Energies"), 1, false, guess.energies));
    form->addRow(tr("&Values instead of spectra"),
                 m_values = choice(tr("Values instead of spectra"), 2, false, guess.values));

    m_pixelSize = new QDoubleSpinBox;
    m_pixelSize->setRange(0, 1e6);
    m_pixelSize->setDecimals(4);
    m_pixelSize->setSpecialValueText(tr("as in the file"));
    m_pixelSize->setValue(guess.pixelSizeNm);
    m_pixelSize->setToolTip(tr("Nanometres per pixel of the survey image."));
    form->addRow(tr("Image &pixel (nm)"), m_pixelSize);
    m_bin = new QSpinBox;
    m_bin->setRange(1, 4096);
    m_bin->setValue(std::max(1, guess.bin));
    m_bin->setToolTip(tr("Neighbouring channels averaged into one when the spectra are read."));
    form->addRow(tr("&Channels averaged"), m_bin);

    m_missing = new QLabel;
    m_missing->setWordWrap(true);
    form->addRow(m_missing);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel);
    m_open = buttons->button(QDialogButtonBox::Open);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        remember();
        emit chosen(sources());
        accept();
    });
    for (QComboBox *box : {m_image, m_spectra, m_values})
        connect(box, &QComboBox::currentIndexChanged, this, &OpenDialog::showWhatIsMissing);
    propose();
    showWhatIsMissing();
    resize(sizeHint().expandedTo({760, 0}));
}

QTreeWidget *OpenDialog::tree()
{
    auto *tree = new QTreeWidget;
    tree->setObjectName("arrays");
    tree->setAccessibleName(tr("What the files hold"));
    tree->setColumnCount(4);
    tree->setHeaderLabels({tr("Array"), tr("Shape"), tr("Type"), tr("Step")});
    tree->setIconSize({40, 40});
    tree->setSelectionMode(QAbstractItemView::NoSelection);
    tree->setMinimumHeight(180);
    QList<QTreeWidgetItem *> items;
    QHash<QString, QTreeWidgetItem *> files;
    for (const auto &[address, info] : m_contents.arrays) {
        QTreeWidgetItem *&file = files[address.file];
        if (!file) {
            file = new QTreeWidgetItem(tree, {QFileInfo(address.file).fileName()});
            file->setToolTip(0, address.file);
            file->setFirstColumnSpanned(true);
        }
        QString name = info.title.isEmpty() ? info.path : inWords(info.title);
        if (!info.quantity.isEmpty())
            name += QStringLiteral(" – %1").arg(inWords(info.quantity));
        QString shape = info.shapeText();
        if (info.frames > 0)
            shape += info.frames == 1 ? tr(", 1 frame") : tr(", %1 frames").arg(info.frames);
        items << new QTreeWidgetItem(file,
                                     {name, shape, Samples::nameOf(info.type), stepsText(info)});
        items.back()->setToolTip(0, info.path);
    }
    tree->expandAll();
    tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    makeThumbnails(items);
    return tree;
}

/// One array after the other, so that the first are there soon.
void OpenDialog::makeThumbnails(const QList<QTreeWidgetItem *> &items)
{
    constexpr qsizetype most = 200;
    for (qsizetype i = 0; i < std::min(most, items.size()); ++i) {
        const auto &[address, info] = m_contents.arrays[i];
        QTreeWidgetItem *item = items[i];
        m_jobs->run(
            tr("Looking at %1").arg(address.text()), this,
            [address = address, info = info](const Progress &progress) {
                Look look;
                try { // what cannot be read says so when it is opened
                    look.text = metadataText(readMetadata(address));
                    if (isQuickImage(info))
                        look.picture = greyPictureOf(readArray(address, progress).toMap());
                } catch (const Error &error) {
                    look.text = QString::fromUtf8(error.what());
                }
                return look;
            },
            [item](const Look &look) {
                if (!look.text.isEmpty())
                    item->setToolTip(0, look.text);
                if (const QImage image = QImage::fromData(look.picture, "PGM"); !image.isNull())
                    item->setIcon(0, QPixmap::fromImage(image.scaled(item->treeWidget()->iconSize(),
                                                                     Qt::KeepAspectRatio)));
            });
    }
}

/// Files that hold arrays of the same names and dimensions have the same key.
QString OpenDialog::memoryKey() const
{
    QStringList parts;
    for (const auto &[address, info] : m_contents.arrays)
        parts << QStringLiteral("%1 %2 %3")
                     .arg(QFileInfo(address.file).suffix(), info.title)
                     .arg(dimensionsOf(info));
    return "open/" + QString::fromLatin1(QCryptographicHash::hash(parts.join('\n').toUtf8(),
                                                                  QCryptographicHash::Sha256)
                                             .toHex()
                                             .left(16));
}

void OpenDialog::propose()
{
    const QStringList remembered = QSettings().value(memoryKey()).toStringList();
    const QList<QComboBox *> boxes{m_image, m_spectra, m_energies, m_values};
    if (remembered.size() != boxes.size())
        return;
    for (qsizetype i = 0; i < boxes.size(); ++i)
        if (const int at = boxes[i]->findData(remembered[i].toInt()); at >= 0)
            boxes[i]->setCurrentIndex(at);
}

void OpenDialog::remember() const
{
    QStringList chosen;
    for (const QComboBox *box : {m_image, m_spectra, m_energies, m_values})
        chosen << QString::number(box->currentData().isValid() ? box->currentData().toInt() : -1);
    QSettings().setValue(memoryKey(), chosen);
}

QComboBox *OpenDialog::choice(const QString &name, int dimensions, bool isRequired,
                              const std::optional<Address> &guess)
{
    auto *box = new QComboBox;
    box->setAccessibleName(name);
    box->setMinimumContentsLength(40);
    if (!isRequired)
        box->addItem(tr("none"), -1);
    for (int i = 0; i < m_contents.arrays.size(); ++i) {
        const auto &[address, info] = m_contents.arrays[i];
        if (dimensionsOf(info) != dimensions)
            continue;
        box->addItem(describe(address, info, m_contents.files.size() > 1), i);
        const bool isGuess = guess && guess->file == address.file &&
                             (guess->array == address.array || guess->array.isEmpty());
        if (isGuess)
            box->setCurrentIndex(box->count() - 1);
    }
    return box;
}

DatasetSources OpenDialog::sources() const
{
    const auto address = [this](const QComboBox *box) -> std::optional<Address> {
        bool isIndex = false;
        const int index = box->currentData().toInt(&isIndex);
        if (!isIndex || index < 0)
            return std::nullopt;
        return m_contents.arrays[index].first;
    };
    DatasetSources sources;
    sources.image = address(m_image).value_or(Address());
    sources.spectra = address(m_spectra);
    sources.energies = address(m_energies);
    sources.values = address(m_values);
    sources.pixelSizeNm = m_pixelSize->value();
    sources.bin = m_bin->value();
    return sources;
}

void OpenDialog::showWhatIsMissing()
{
    const DatasetSources wanted = sources();
    QString sentence;
    if (wanted.image.file.isEmpty())
        sentence = tr("None of the arrays is an image: one with two dimensions is needed.");
    else if (!wanted.spectra && !wanted.values)
        sentence =
            tr("Choose spectra, or a map of values: without them there is nothing to measure.");
    else if (wanted.values && wanted.image == *wanted.values)
        sentence = tr("Image and values are the same array.");
    m_missing->setText(sentence.isEmpty() ? QString() : QStringLiteral("⚠ ") + sentence);
    m_open->setEnabled(sentence.isEmpty());
}

} // namespace helmscope
