// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "steering/rerun/comparison.h"

#include <QMainWindow>

#include <memory>

class QAction;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QSlider;
class QStackedWidget;
class QTableWidget;
class QTextBrowser;

namespace helmscope {

class Banner;
class CompareColumn;
class ComparisonCurves;
class PaintRecord;
class StatusLine;
struct Theme;

/// Two to six runs side by side: paths and maps at one step with linked cursor, zoom and limits,
/// where they part, curves, and what it took to get as good.
class CompareWindow final : public QMainWindow
{
    Q_OBJECT
public:
    static constexpr int mostRuns = 6;

    explicit CompareWindow(QWidget *parent = nullptr);
    ~CompareWindow() override;

    /// Run files, folders of runs, recordings of others; read in a job.
    void addFiles(const QStringList &files);
    void addRun(const NamedRun &run);
    /// Shows one that is made already.
    void show(std::shared_ptr<const Comparison> comparison);
    using QMainWindow::show;

    const std::shared_ptr<const Comparison> &comparison() const { return m_comparison; }
    int step() const;
    void setStep(int number);
    const std::vector<CompareColumn *> &columns() const { return m_columns; }
    ComparisonCurves *curves() const { return m_curves; }
    Jobs &jobs() { return m_jobs; }

    // Each in a job, which fails when the file cannot be written; saved() when it is whole.
    /// SVG, PDF or PNG by the suffix. Throws Error for another one.
    void exportFigure(const QString &file);
    void exportTable(const QString &file); ///< CSV

signals:
    void compared();
    void saved(const QString &file); ///< a figure or a table

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void makeParts();
    QWidget *makeBody();
    QWidget *makeSide();
    void makeActions();
    void take(std::vector<NamedRun> runs);
    void remove(int run);
    void compareAll();
    void showColumns();
    void showStep();
    void link();
    void linkLimits();
    void shareLimits(CompareColumn *from, int kind);
    void suggestThreshold();
    void showReached();
    void showActions();
    void chooseRuns();
    void chooseFile(bool isFigure);
    void recordFigure();
    void paintColumn(QPainter &painter, const CompareColumn &column, const Theme &theme) const;
    void tellSaved(const QString &file);

    Banner *m_banner = nullptr;
    StatusLine *m_status = nullptr;
    QStackedWidget *m_pages = nullptr;
    QWidget *m_columnsArea = nullptr;
    std::vector<CompareColumn *> m_columns;
    QSlider *m_slider = nullptr;
    QLabel *m_stepText = nullptr, *m_thresholdText = nullptr;
    QTextBrowser *m_words = nullptr;
    QLineEdit *m_threshold = nullptr;
    QTableWidget *m_reached = nullptr;
    ComparisonCurves *m_curves = nullptr;
    QAction *m_add = nullptr, *m_link = nullptr, *m_group = nullptr, *m_figure = nullptr,
            *m_table = nullptr;

    std::vector<NamedRun> m_runs;
    std::shared_ptr<const Comparison> m_comparison;
    /// One that is being recorded: a column in a turn of the event loop, all of the same step.
    struct Figure
    {
        QString file;
        std::shared_ptr<const Comparison> of;
        int step = 0;
        std::size_t next = 0; ///< column
        QSize size;
        std::shared_ptr<PaintRecord> record;
    };
    std::vector<Figure> m_figures; ///< the first one now
    int m_number = 0;              ///< the latest comparison wins
    int m_job = 0;
    Jobs m_jobs; ///< last, so first to go
};

} // namespace helmscope
