// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helm.h"

#include <QTabBar>

class QAbstractButton;
class QMenu;
class QMenuBar;

namespace helmscope {

/// The open documents as tabs at the right of the menu bar; says which of them has the live run.
class OpenTabs final : public QTabBar
{
    Q_OBJECT
public:
    OpenTabs(Helm *helm, QMenuBar *menuBar);

    /// Next, previous, close, the live run, the first nine; belongs to the parent.
    QMenu *makeMenu(QWidget *parent);
    int idAt(int index) const; ///< of the document; 0: there is none

    /// No wider than the menus leave room.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void closeWished(int id);

protected:
    QSize tabSizeHint(int index) const override;
    QSize minimumTabSizeHint(int index) const override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void showDocuments();
    void addCloseButton(int index, int id);
    static void fitButton(QAbstractButton *button, const QFontMetrics &metrics);
    void showTab(int index, const OpenDocument &document);
    void step(int direction);
    void moveCurrent(int direction);
    int indexOf(int id) const; ///< -1: it has no tab
    int menusWidth() const;

    Helm *m_helm;
    QMenuBar *m_menuBar;
    QAction *m_showLive = nullptr, *m_close = nullptr;
};

} // namespace helmscope
