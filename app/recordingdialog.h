// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/formats.h"

#include <QDialog>

#include <memory>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace helmscope {

class Jobs;

/// All that the files of a recording say of how it was taken, searchable, and their arrays in
/// formats that others read.
class RecordingDialog final : public QDialog
{
    Q_OBJECT
public:
    /// What comes first is shown first; `errands` writes, as long as the dialog
    /// is open.
    RecordingDialog(const QStringList &files, const Address &first, Jobs &errands,
                    QWidget *parent = nullptr);
    ~RecordingDialog() override;

    /// Writes the chosen array in the chosen format.
    void exportTo(const QString &file);

signals:
    void written(const QString &file);

private:
    void showArrays(const std::vector<Address> &arrays, const QStringList &names);
    void readChosen();
    void chooseFile();
    Address chosen() const;

    Jobs &m_errands;
    std::vector<Address> m_arrays;
    Address m_first;
    int m_readNumber = 0; ///< an answer to an older question is dropped
    QComboBox *m_array = nullptr, *m_format = nullptr;
    QLineEdit *m_search = nullptr;
    QTableView *m_table = nullptr;
    QSortFilterProxyModel *m_found = nullptr;
    QLabel *m_state = nullptr;
    QPushButton *m_export = nullptr;
    std::unique_ptr<Jobs> m_jobs; ///< last: it goes first
};

} // namespace helmscope
