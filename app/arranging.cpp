// SPDX-License-Identifier: GPL-3.0-or-later
// Where the layouts that are built in have the docks.
#include "app/layouts.h"

#include <QDockWidget>
#include <QMainWindow>

#include <algorithm>

namespace helmscope {

namespace {

/// Takes all docks out of the window, to put them back one by one.
class Arrangement
{
public:
    explicit Arrangement(QMainWindow *window)
        : m_window(window)
        , m_width(window->width())
        , m_height(window->height())
    {
        for (QDockWidget *dock :
             window->findChildren<QDockWidget *>(QString(), Qt::FindDirectChildrenOnly)) {
            dock->setFloating(false);
            window->removeDockWidget(dock);
            m_left << dock;
        }
    }
    QDockWidget *take(const char *name)
    {
        for (QDockWidget *dock : std::as_const(m_left))
            if (dock->objectName() == QLatin1String(name)) {
                m_left.removeOne(dock);
                dock->show();
                return dock;
            }
        Q_ASSERT(!"a dock of this name");
        return nullptr;
    }
    QDockWidget *add(Qt::DockWidgetArea area, const char *name)
    {
        QDockWidget *dock = take(name);
        m_window->addDockWidget(area, dock);
        return dock;
    }
    QDockWidget *split(QDockWidget *beside, const char *name, Qt::Orientation orientation)
    {
        QDockWidget *dock = take(name);
        m_window->splitDockWidget(beside, dock, orientation);
        return dock;
    }
    void tabify(QDockWidget *onto, std::initializer_list<const char *> names)
    {
        QDockWidget *last = onto;
        for (const char *name : names) {
            QDockWidget *dock = take(name);
            m_window->tabifyDockWidget(last, dock);
            last = dock;
        }
        onto->raise();
    }
    /// What is left is hidden; shown, it comes as a tab of this one.
    void hideOthers(QDockWidget *onto)
    {
        for (QDockWidget *dock : std::as_const(m_left)) {
            m_window->tabifyDockWidget(onto, dock);
            dock->hide();
        }
        m_left.clear();
        onto->raise();
    }
    /// Sizes in hundredths of the window's width or height.
    void size(const QList<QDockWidget *> &docks, const QList<int> &hundredths,
              Qt::Orientation orientation, int least = 0) const
    {
        QList<int> sizes;
        for (int part : hundredths)
            sizes << std::max(least,
                              part * (orientation == Qt::Horizontal ? m_width : m_height) / 100);
        m_window->resizeDocks(docks, sizes, orientation);
    }

private:
    QMainWindow *m_window;
    QList<QDockWidget *> m_left;
    int m_width, m_height;
};

constexpr auto right = Qt::RightDockWidgetArea, below = Qt::BottomDockWidgetArea;
constexpr int planHeight = 196; // without a scroll bar

/// What does it believe, how sure is it, where next, and can I stop it?
void arrangeSteer(Arrangement &to)
{
    QDockWidget *mean = to.add(right, "mean");
    QDockWidget *spectrum = to.split(mean, "spectrum", Qt::Vertical);
    QDockWidget *deviation = to.split(mean, "deviation", Qt::Horizontal);
    QDockWidget *acquisition = to.split(deviation, "acquisition", Qt::Horizontal);
    QDockWidget *curves = to.add(below, "curves");
    QDockWidget *plan = to.split(curves, "plan", Qt::Horizontal);
    to.tabify(curves,
              {"steps", "runs", "catalog", "watch", "measure", "dose", "reliability", "embedding"});
    to.hideOthers(curves); // there is no room for the name of one more
    to.size({mean, deviation, acquisition}, {18, 18, 18}, Qt::Horizontal);
    to.size({curves, plan}, {55, 45}, Qt::Horizontal);
    to.size({curves, plan}, {22, 22}, Qt::Vertical, planHeight);
    to.size({mean, spectrum}, {32, 34}, Qt::Vertical);
}

/// How did it go, can it be believed, what is where?
void arrangeReview(Arrangement &to)
{
    QDockWidget *mean = to.add(right, "mean");
    QDockWidget *spectrum = to.split(mean, "spectrum", Qt::Vertical);
    QDockWidget *deviation = to.split(mean, "deviation", Qt::Horizontal);
    QDockWidget *curves = to.add(below, "curves");
    QDockWidget *steps = to.split(curves, "steps", Qt::Horizontal);
    to.tabify(spectrum, {"reliability", "embedding"});
    to.tabify(steps, {"measure", "dose", "watch"});
    to.hideOthers(steps);
    to.size({mean, deviation}, {28, 28}, Qt::Horizontal);
    to.size({curves, steps}, {56, 44}, Qt::Horizontal);
    to.size({curves, steps}, {32, 32}, Qt::Vertical, planHeight);
    to.size({mean, spectrum}, {28, 28}, Qt::Vertical);
}

/// Which run made it, and from what?
void arrangeLineage(Arrangement &to)
{
    QDockWidget *runs = to.add(right, "runs");
    QDockWidget *spectrum = to.split(runs, "spectrum", Qt::Horizontal);
    QDockWidget *lineage = to.add(below, "lineage"); // its graph goes from left to right
    QDockWidget *steps = to.split(lineage, "steps", Qt::Horizontal);
    to.tabify(runs, {"catalog"});
    to.tabify(spectrum, {"mean", "curves"});
    to.hideOthers(spectrum);
    to.size({runs, spectrum}, {30, 32}, Qt::Horizontal);
    to.size({lineage, steps}, {68, 32}, Qt::Horizontal);
    to.size({lineage, steps}, {46, 46}, Qt::Vertical);
}

/// Which of several runs did better? The list to choose from, and the one that is open.
void arrangeCompare(Arrangement &to)
{
    QDockWidget *mean = to.add(right, "mean");
    QDockWidget *curves = to.split(mean, "curves", Qt::Vertical);
    QDockWidget *deviation = to.split(mean, "deviation", Qt::Horizontal);
    QDockWidget *runs = to.add(below, "runs");
    QDockWidget *reliability = to.split(runs, "reliability", Qt::Horizontal);
    to.tabify(curves, {"spectrum"});
    to.tabify(reliability, {"steps"});
    to.hideOthers(reliability);
    to.size({mean, deviation}, {28, 28}, Qt::Horizontal);
    to.size({runs, reliability}, {62, 38}, Qt::Horizontal);
    to.size({runs, reliability}, {36, 36}, Qt::Vertical, planHeight);
    to.size({mean, curves}, {26, 26}, Qt::Vertical);
}

} // namespace

void arrangeDocks(QMainWindow *window, const QString &key)
{
    Arrangement to(window);
    if (key == QLatin1String("review"))
        arrangeReview(to);
    else if (key == QLatin1String("lineage"))
        arrangeLineage(to);
    else if (key == QLatin1String("compare"))
        arrangeCompare(to);
    else
        arrangeSteer(to);
}

} // namespace helmscope
