// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/live/embedding.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QLabel;

namespace helmscope {

class EmbeddingView;
class Helm;
class Panels;

/// The patches of the open sample by likeness, with the run between them, and whether its search
/// still goes anywhere: by the features that the run's network has learnt so far, by ring features
/// where the model has none. Computed in a job when the panel is looked at; follows the step, the
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
    /// What is to be looked at: the patches of this size, by the network of this model.
    struct Wanted
    {
        int patch = 0;
        std::uint64_t hash = 0; ///< of the model; 0: ring features
        int step = 0;           ///< that it has learnt from
        bool operator==(const Wanted &other) const
        {
            return patch == other.patch && hash == other.hash;
        }
    };
    struct Network;
    void forget(); ///< another sample
    Network network() const;
    void make(const Wanted &wanted, Network network);
    void showFeatures();
    void renew(); ///< what is out of date, if anybody looks
    void showStep();
    void showSelection();

    Helm *m_helm;
    Panels *m_panels;
    EmbeddingView *m_view;
    QLabel *m_verdict, *m_features;
    QTimer m_soon; ///< after the maps, which a step changes too
    Wandering m_wandering;
    bool m_isAwaited = true; ///< nobody has looked since it went stale
    Wanted m_made, m_shown;  ///< of the embedding that is shown or being made, and of that shown
    QElapsedTimer m_making;  ///< since the latest began
    qint64 m_madeIn = 0;     ///< ms, 0 while it is being made
    int m_number = 0;        ///< the latest job wins
};

} // namespace helmscope
