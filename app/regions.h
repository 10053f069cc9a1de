// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"

#include <QPointer>
#include <QUndoCommand>

namespace helmscope {

class Helm;

/// Where the operator wants the beam, and where not.
struct Regions
{
    Mask forbidden; ///< [rows, cols] of the grid; empty: nothing is
    Preference preferred;
    bool isEmpty() const { return forbidden.size() == 0 && preferred.pixels.size() == 0; }
    bool operator==(const Regions &other) const;
};

/// With these pixels forbidden, preferred or released: a pixel is one of the three.
Regions forbidding(Regions regions, const Mask &pixels);
Regions preferring(Regions regions, const Mask &pixels);
Regions releasing(Regions regions, const Mask &pixels);

/// Other regions from the next step on; taken back, the former ones from then on. Both are on the
/// run's record.
class RegionsChange final : public QUndoCommand
{
public:
    RegionsChange(Helm *helm, Regions after, const QString &text);
    void undo() override;
    void redo() override;

private:
    QPointer<Helm> m_helm;
    Regions m_before, m_after;
};

/// A pixel that was queued; taken back while it waits. Once measured it stays measured.
class QueueChange final : public QUndoCommand
{
public:
    /// The pixel is in the queue already.
    QueueChange(Helm *helm, Pixel pixel);
    void undo() override;
    void redo() override;

private:
    QPointer<Helm> m_helm;
    Pixel m_pixel;
    bool m_isDone = true; ///< by whoever made the command
};

} // namespace helmscope
