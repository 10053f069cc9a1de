// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/lineagescene.h"

#include <QMainWindow>
#include <QSet>
#include <QTimer>

#include <memory>

class QDockWidget;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace helmscope {

class Banner;
class LineageDetails;
class LineageFilter;
class LineageTables;
class LineageView;
class StatusLine;
class TimeRange;

/// The lineage of one store: graph, tables, filter, search, details, comparison.
class LineageWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit LineageWindow(QWidget *parent = nullptr);
    ~LineageWindow() override;

    /// Reads a store or a JSON of CMF beside the window's work; what was open stays until it is
    /// read, and when it cannot be.
    void open(const QString &file);
    /// Joins one more store into the graph, by content.
    void add(const QString &file);
    /// Nearest nodes that both came of, marked in the graph and named in the banner.
    void showCommonOrigin(int a, int b);
    const std::shared_ptr<const LineageGraph> &graph() const { return m_scene->graph(); }
    const LineageContents &contents() const { return m_scene->contents(); }
    bool isBusy() const
    {
        return m_scene->isBusy() || !m_work.isIdle() || !m_questions.isIdle() ||
               !m_reading.isIdle() || m_searchSoon.isActive();
    }

    /// Whether contents and pictures in the boxes are still being read.
    bool isReadingContents() const { return !m_reading.isIdle() || m_scene->isReadingPictures(); }

    /// Shows only what came before and after this node, within the depth; -1: everything.
    void focusOn(int node);
    int focus() const { return m_focus; }
    void select(int node);
    /// Focuses on the execution of a step, also of a store that is still being read; a step that
    /// is not in what was read is looked for in the store once more.
    void showPlace(const ExperimentPlace &place);
    /// Focuses on this node of the store, also of one that is still being read.
    void showNode(LineageNode::Kind kind, qint64 id);
    /// Says runWished() for a node that stands for a part of a run, focuses on any other.
    void activate(int node);
    void compareSelected(); ///< rows of the executions' table, two at least
    void search(const QString &expression);
    void exportTo(const QString &key, const QString &file);
    void check(); ///< what is wrong with the store, as a list

    LineageView *view() const { return m_view; }
    LineageTables *tables() const { return m_tables; }
    LineageDetails *details() const { return m_details; }
    LineageFilter *filter() const { return m_filter; }
    TimeRange *timeRange() const { return m_times; }
    Banner *banner() const { return m_banner; }

signals:
    void opened();            ///< graph() is another one
    void failed();            ///< it could not be read; the banner says why
    void drawn();             ///< the graph is on the screen as it was asked for
    void searched(int found); ///< -1: the expression is not one
    /// To be opened at that step; of a run that lies in this workspace.
    void runWished(const QString &workspace, const helmscope::ExperimentPlace &place);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    struct Place
    {
        int focus = -1, selected = -1;
        bool operator==(const Place &) const = default;
    };
    QDockWidget *addDock(const QString &name, const QString &title, Qt::DockWidgetArea area,
                         QWidget *content);
    void makeParts();
    void makeActions();
    void makeMenus();
    void connectParts();
    void chooseFile(bool isMore);
    void openAll(const QStringList &files);
    std::pair<int, int> pairToTrace() const; ///< -1: there are no two
    void chooseExport(const QString &key);

    void take();
    void readPart(LineageWish wish);
    void readNodeContent(int node); ///< into the details; the latest wins
    void prepareSearch();           ///< in the background, of a store that is read in parts
    void takeNode();
    void takePlace(); ///< focuses on what showPlace() waits for
    void filterNodes();
    void makeSweep(const std::vector<int> &nodes);
    void dropBrushed();    ///< from m_passing
    void showNodes();      ///< tables, and the picture by a job
    void draw(int anchor); ///< the picture of what is shown now
    std::vector<int> shownNodes() const;
    void showAll(); ///< without filter, times, search and focus
    void evaluateSearch();
    void showFound();
    void nextFound();
    void remember(); ///< the place, for back and forward
    void goTo(int place);
    void showActions();
    void showSummary();

    QString m_partOf;           ///< the store that a part is shown of
    std::vector<int> m_passing; ///< nodes that filter, time range and brushes let through
    std::vector<int> m_swept;   ///< the same without the brushes
    int m_focus = -1;
    int m_chosen = -1, m_chosenBefore = -1;                           ///< selected now and before
    std::optional<ExperimentPlace> m_wished;                          ///< waits for the store
    std::optional<std::pair<LineageNode::Kind, qint64>> m_wishedNode; ///< likewise
    bool m_hasAskedAgain = false;
    std::shared_ptr<const LineageSearchIndex> m_index; ///< of a store that is read in parts
    QString m_indexedFile;
    std::vector<int> m_found;
    bool m_isSearching = false;
    std::vector<Place> m_places;
    int m_place = -1;
    int m_searchNumber = 0, m_contentNumber = 0, m_sweepNumber = 0;
    int m_searchJob = 0, m_contentJob = 0, m_sweepJob = 0;

    Banner *m_banner = nullptr;
    LineageView *m_view = nullptr;
    TimeRange *m_times = nullptr;
    LineageTables *m_tables = nullptr;
    LineageDetails *m_details = nullptr;
    LineageFilter *m_filter = nullptr;
    StatusLine *m_status = nullptr;
    QLineEdit *m_search = nullptr;
    QLabel *m_searchText = nullptr;
    QSpinBox *m_depth = nullptr;
    QAction *m_back = nullptr, *m_forward = nullptr, *m_whole = nullptr, *m_focusAction = nullptr,
            *m_openRun = nullptr, *m_origin = nullptr, *m_add = nullptr, *m_compare = nullptr,
            *m_check = nullptr;
    QMenu *m_exports = nullptr;
    QTimer m_searchSoon, m_filterSoon;
    std::unique_ptr<LineageScene> m_scene;
    Jobs m_work, m_questions, m_reading, m_indexing; ///< last, so first to go
};

} // namespace helmscope
