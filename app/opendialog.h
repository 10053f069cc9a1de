// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"

#include <QDialog>

#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTreeWidget;
class QTreeWidgetItem;

namespace helmscope {

class Jobs;

/// Shows what some files hold, before any of it is loaded, and asks which arrays are image,
/// spectra, energies and values. What was chosen for such files is proposed the next time. Not
/// modal: a run goes on behind it.
class OpenDialog final : public QDialog
{
    Q_OBJECT
public:
    explicit OpenDialog(const Contents &contents, QWidget *parent = nullptr);

    ~OpenDialog() override;

    DatasetSources sources() const;

signals:
    void chosen(const helmscope::DatasetSources &sources);

private:
    QComboBox *choice(const QString &name, int dimensions, bool isRequired,
                      const std::optional<Address> &guess);
    void showWhatIsMissing();
    QTreeWidget *tree();
    void makeThumbnails(const QList<QTreeWidgetItem *> &items);
    void propose();
    void remember() const;
    QString memoryKey() const;

    Contents m_contents;
    QComboBox *m_image = nullptr, *m_spectra = nullptr, *m_energies = nullptr, *m_values = nullptr;
    QDoubleSpinBox *m_pixelSize = nullptr;
    QSpinBox *m_bin = nullptr;
    QLabel *m_missing = nullptr;
    QPushButton *m_open = nullptr;
    std::unique_ptr<Jobs> m_jobs; ///< last: it goes first
};

} // namespace helmscope
