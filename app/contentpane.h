// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/artifactcontent.h"

#include <QAbstractTableModel>
#include <QWidget>

class QLabel;
class QTabWidget;

namespace helmscope {

/// A table of texts that does not change; numbers are put to the right and sort as numbers.
class ContentTableModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    static constexpr int SortRole = Qt::UserRole;
    using QAbstractTableModel::QAbstractTableModel;
    void setTable(ArtifactContent::Table table);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    ArtifactContent::Table m_table;
};

/// The content of an artifact: its images, curves, table and text as pages, what is to be said of
/// it below.
class ContentPane final : public QWidget
{
    Q_OBJECT
public:
    explicit ContentPane(QWidget *parent = nullptr);

    void clear();
    void setWaiting(); ///< it is being read
    /// The page that was in front stays if there is one of that name.
    void setContent(ArtifactContent content);
    const ArtifactContent &content() const { return m_content; }
    QTabWidget *pages() const { return m_pages; }
    QString sentence() const;

    QSize sizeHint() const override { return {320, 260}; }

signals:
    void changed(); ///< has another content(), or none

private:
    ArtifactContent m_content;
    QTabWidget *m_pages = nullptr;
    QLabel *m_sentence = nullptr;
    QString m_front; ///< name of the page that was chosen last
    bool m_isFilling = false;
};

} // namespace helmscope
