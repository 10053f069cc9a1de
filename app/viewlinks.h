// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <vector>

class QMenu;
class QToolButton;

namespace helmscope {

class MapView;

/// Which maps of a window share cursor, selection and zoom, by a button in the corner of each, and
/// which share their limits, by their menus.
class ViewLinks final : public QObject
{
    Q_OBJECT
public:
    struct View
    {
        QString name;
        MapView *view;
    };
    /// The views are linked already, and outlive it.
    ViewLinks(const std::vector<View> &views, QObject *parent);

    bool isLinked(const MapView *view) const;
    void setLinked(MapView *view, bool isLinked);
    bool shareLimits(const MapView *one, const MapView *other) const;
    /// Shared limits are locked: the same colour is the same value. Those of `one` hold at first.
    void setShareLimits(MapView *one, MapView *other, bool share);
    void forgetLimits(); ///< of another sample or run: each map for itself again

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Entry
    {
        QString name;
        MapView *view;
        QToolButton *button;
        bool isLinked = true;
        int group = 0; ///< of shared limits; 0: none
    };
    Entry *find(const MapView *view);
    const Entry *find(const MapView *view) const;
    void spreadLimits(MapView *from);
    void fillMenu(QMenu *menu, MapView *of);
    static void showState(const Entry &entry);
    static void place(const Entry &entry);

    std::vector<Entry> m_entries;
    bool m_isSpreading = false;
};

} // namespace helmscope
