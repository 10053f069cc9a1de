// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/live/embedding.h"

#include <QTimer>
#include <QWidget>

class QLabel;

namespace helmscope {

class EmbeddingView;
class Helm;
class Panels;

/// The patches of the open sample by likeness, with the run between them, and whether its search
/// still goes anywhere. Computed in a job when the panel is looked at; follows the step, the
/// cursor, the pinned pixel and the selected shape of the maps.
class EmbeddingPanel final : public QWidget
{
    Q_OBJECT
public:
    /// Both outlive it.
    EmbeddingPanel(Helm *helm, Panels *panels, QWidget *parent = nullptr);

    EmbeddingView *view() const { return m_view; }
    const Wandering &wandering() const { return m_wandering; } ///< up to the step looked at

protected:
    void paintEvent(QPaintEvent *event) override; ///< somebody looks

private:
    void forget(); ///< another sample
    void renew();  ///< what is out of date, if anybody looks
    void showStep();
    void showSelection();

    Helm *m_helm;
    Panels *m_panels;
    EmbeddingView *m_view;
    QLabel *m_verdict;
    QTimer m_soon; ///< after the maps, which a step changes too
    Wandering m_wandering;
    bool m_isAwaited = true; ///< nobody has looked since it went stale
    int m_patch = 0;         ///< of the embedding that is shown or being made
    int m_number = 0;        ///< the latest job wins
};

} // namespace helmscope
