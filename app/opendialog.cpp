// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opendialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>

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
    const QString name = info.title.isEmpty() ? info.path : info.title;
    const QString text = QStringLiteral("%1  (%2, %3)")
                             .arg(name.isEmpty() ? QFileInfo(address.file).fileName() : name,
                                  info.shapeText(), Samples::nameOf(info.type));
    return hasSeveralFiles ? text + " – " + QFileInfo(address.file).fileName() : text;
}

} // namespace

OpenDialog::OpenDialog(const Contents &contents, QWidget *parent)
    : QDialog(parent)
    , m_contents(contents)
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
        emit chosen(sources());
        accept();
    });
    for (QComboBox *box : {m_image, m_spectra, m_values})
        connect(box, &QComboBox::currentIndexChanged, this, &OpenDialog::showWhatIsMissing);
    showWhatIsMissing();
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
