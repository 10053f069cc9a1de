// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"

#include <QDialog>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace helmscope {

/// Asks which arrays of some files are image, spectra, energies and values. Not modal: a run goes
/// on behind it.
class OpenDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit OpenDialog(const Contents &contents, QWidget *parent = nullptr);

    DatasetSources sources() const;

signals:
    void chosen(const helmscope::DatasetSources &sources);

private:
    QComboBox *choice(const QString &name, int dimensions, bool isRequired,
                      const std::optional<Address> &guess);
    void showWhatIsMissing();

    Contents m_contents;
    QComboBox *m_image = nullptr, *m_spectra = nullptr, *m_energies = nullptr, *m_values = nullptr;
    QDoubleSpinBox *m_pixelSize = nullptr;
    QSpinBox *m_bin = nullptr;
    QLabel *m_missing = nullptr;
    QPushButton *m_open = nullptr;
};

} // namespace helmscope
