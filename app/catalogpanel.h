// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace helmscope {

class Jobs;

/// The recordings of a folder, searched by what they hold and how they were taken.
class CatalogPanel final : public QWidget
{
    Q_OBJECT
public:
    explicit CatalogPanel(QWidget *parent = nullptr);
    ~CatalogPanel() override;

    /// Looks through a folder and shows what is in it; what is known already is shown at once.
    /// `store` is where its index lies, by default in the user's cache.
    void setFolder(const QString &folder, const QString &store = {});
    const QString &folder() const { return m_folder; }

signals:
    /// The user wants these recordings opened together.
    void wanted(const QStringList &files);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void chooseFolder();
    void refresh();
    void search();
    void openSelected();

    QString m_folder, m_store;
    int m_searchNumber = 0; ///< an answer to an older question is dropped
    bool m_wasShown = false;
    QLineEdit *m_query = nullptr;
    QPushButton *m_choose = nullptr, *m_refresh = nullptr, *m_open = nullptr;
    QListWidget *m_list = nullptr;
    QLabel *m_state = nullptr;
    std::unique_ptr<Jobs> m_updates, m_searches; ///< last: they go first
};

} // namespace helmscope
