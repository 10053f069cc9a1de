// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/lineagereader.h"

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
    const std::shared_ptr<const LineageGraph> &graph() const { return m_contents.graph; }
    const LineageContents &contents() const { return m_contents; }
    bool isBusy() const
    {
        return !m_work.isIdle() || !m_questions.isIdle() || !m_reading.isIdle() ||
               m_searchSoon.isActive();
    }

    /// Whether contents and pictures in the boxes are still being read.
    bool isReadingContents() const { return !m_reading.isIdle() || !m_thumbnails.isIdle(); }

    /// Shows only what came before and after this node, within the depth; -1: everything.
    void focusOn(int node);
    int focus() const { return m_focus; }
    void select(int node);
    /// Focuses on the execution of a step, also of a store that is still being read; a step that
    /// is not in what was read is looked for in the store once more.
    void showPlace(const ExperimentPlace &place);
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
    void changeEvent(QEvent *event) override;

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
    void applyStyle();
    void chooseFile(bool isMore);
    void openAll(const QStringList &files);
    std::pair<int, int> pairToTrace() const; ///< -1: there are no two
    void chooseExport(const QString &key);

    void take(LineageContents contents);
    void readPart(LineageWish wish);
    void readNodeContent(int node); ///< into the details; the latest wins
    void readThumbnails(const std::vector<int> &nodes);
    void prepareSearch();                ///< in the background, of a store that is read in parts
    void takePlace();                    ///< focuses on what showPlace() waits for
    bool hasWorkspace() const;           ///< contents can be read
    QString workspaceOf(int node) const; ///< empty where its run cannot be opened
    void filterNodes();
    void makeSweep(const std::vector<int> &nodes);
    void dropBrushed();    ///< from m_passing
    void showNodes();      ///< tables, and the picture by a job
    void draw(int anchor); ///< the picture of what is shown now; the latest wins
    std::vector<int> shownNodes() const;
    void showAll(); ///< without filter, times, search and focus
    void toggleGroup(int group);
    void evaluateSearch();
    void showFound();
    void nextFound();
    void remember(); ///< the place, for back and forward
    void goTo(int place);
    void showActions();
    void showSummary();

    LineageContents m_contents;
    std::vector<int> m_passing; ///< nodes that filter, time range and brushes let through
    std::vector<int> m_swept;   ///< the same without the brushes
    int m_focus = -1;
    int m_chosen = -1, m_chosenBefore = -1;  ///< selected now and before
    std::optional<ExperimentPlace> m_wished; ///< waits for the store
    bool m_hasAskedAgain = false;
    std::shared_ptr<const LineageSearchIndex> m_index; ///< of a store that is read in parts
    QString m_indexedFile;
    QSet<QString> m_openGroups;
    std::shared_ptr<const LineageDrawing> m_drawing;
    std::vector<int> m_found;
    bool m_isSearching = false;
    std::vector<Place> m_places;
    int m_place = -1;
    int m_openNumber = 0, m_drawNumber = 0, m_searchNumber = 0, m_contentNumber = 0,
        m_sweepNumber = 0;
    int m_openJob = 0, m_drawJob = 0, m_searchJob = 0, m_contentJob = 0, m_thumbnailJob = 0,
        m_sweepJob = 0;

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
    Jobs m_work, m_questions, m_reading, m_thumbnails, m_indexing; ///< last, so first to go
};

} // namespace helmscope
