// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/lineagescene.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QSpinBox;

namespace helmscope {

class Helm;
class Panels;

/// What the run shown was made from and what came of it, around the step that is looked at: the
/// steps near it one by one, the others in stacks. Follows a run that goes on. Read in jobs, when
/// the panel is looked at.
class LineagePanel final : public QWidget
{
    Q_OBJECT
public:
    /// Both outlive it.
    LineagePanel(Helm *helm, Panels *panels, QWidget *parent = nullptr);
    ~LineagePanel() override;

    LineageView *view() const { return m_view; }
    const LineageScene &scene() const { return *m_scene; }
    bool isBusy() const
    {
        return m_scene->isBusy() || m_soon.isActive() || m_scene->isReadingPictures();
    }
    /// The node of this step (from 1 on) among those shown, or of the block it is in; -1: none.
    int nodeOf(int step) const;
    /// Shows what is around this node instead of the run.
    void focusOn(int node);
    void back();

signals:
    /// A part of another run was asked for.
    void runWished(const QString &workspace, const helmscope::ExperimentPlace &place);
    /// The whole store is, at this node; of id 0 at the run shown.
    void windowWished(const QString &file, const helmscope::LineageNode &node);

protected:
    void paintEvent(QPaintEvent *event) override; ///< somebody looks

private:
    struct Target
    {
        QString workspace, run;
        bool operator==(const Target &) const = default;
    };
    static constexpr double readableZoom = 0.75; ///< names, and what is under them
    using Node = std::pair<LineageNode::Kind, qint64>;
    struct Steps ///< of an execution
    {
        int first = 0, last = 0, node = -1;
    };
    void makeTools();
    void connectParts();
    void renewSoon();
    void readSoon(); ///< the store may have become another
    void renew();    ///< what is out of date, if anybody looks
    void read();
    void showStep();
    void select(int node, bool isAsked);
    void show(std::optional<Node> focus);
    void look(); ///< at a picture that is another one altogether
    void choose(int node);
    void activate(int node);
    void showDetails();
    void showActions();
    QString file() const;
    int shownStep() const; ///< from 1 on; 0: none
    bool covers(int node, int step) const;
    bool isDrawnSingly(int node) const;
    std::vector<Steps> stepsIn(const LineageGraph &graph) const;
    static int nodeOf(const std::vector<Steps> &all, int step);
    LineageScene::Wish wishOf(const LineageContents &contents) const;
    QString emptySentence() const;

    Helm *m_helm;
    Panels *m_panels;
    LineageView *m_view;
    QLabel *m_mark, *m_details;
    QSpinBox *m_depth;
    QAction *m_back = nullptr, *m_fit = nullptr, *m_openWindow = nullptr;
    Target m_target;
    std::optional<Node> m_focus; ///< nothing: the run
    std::vector<std::optional<Node>> m_before;
    std::vector<Steps> m_steps; ///< of the run, in the contents
    QString m_trouble;          ///< why it could not be read
    bool m_isAwaited = true;    ///< nobody has looked since it went stale
    bool m_isStale = true, m_isNew = true;
    bool m_isWhole = false; ///< all of it was asked for
    QTimer m_soon, m_again;
    QElapsedTimer m_sinceRead;
    qint64 m_readIn = 0; ///< ms that the last reading took
    std::unique_ptr<LineageScene> m_scene;
};

} // namespace helmscope
