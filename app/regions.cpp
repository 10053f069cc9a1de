// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/regions.h"

#include "app/helm.h"
#include "base/tr.h"

#include <utility>

namespace helmscope {

namespace {

/// The mask with the pixels set or cleared; none at all where nothing is set.
Mask with(Mask mask, const Mask &pixels, bool isSet)
{
    if (mask.rows() != pixels.rows() || mask.cols() != pixels.cols())
        mask = Mask::Constant(pixels.rows(), pixels.cols(), false);
    mask = isSet ? Mask(mask || pixels) : Mask(mask && !pixels);
    return mask.any() ? mask : Mask();
}

} // namespace

bool Regions::operator==(const Regions &other) const
{
    return preferred == other.preferred && forbidden.rows() == other.forbidden.rows() &&
           forbidden.cols() == other.forbidden.cols() && (forbidden == other.forbidden).all();
}

Regions forbidding(Regions regions, const Mask &pixels)
{
    regions.forbidden = with(std::move(regions.forbidden), pixels, true);
    regions.preferred.pixels = with(std::move(regions.preferred.pixels), pixels, false);
    return regions;
}

Regions preferring(Regions regions, const Mask &pixels)
{
    regions.forbidden = with(std::move(regions.forbidden), pixels, false);
    regions.preferred.pixels = with(std::move(regions.preferred.pixels), pixels, true);
    return regions;
}

Regions releasing(Regions regions, const Mask &pixels)
{
    regions.forbidden = with(std::move(regions.forbidden), pixels, false);
    regions.preferred.pixels = with(std::move(regions.preferred.pixels), pixels, false);
    return regions;
}

RegionsChange::RegionsChange(Helm *helm, Regions after, const QString &text)
    : QUndoCommand(text)
    , m_helm(helm)
    , m_before(helm->regions())
    , m_after(std::move(after))
{
}

void RegionsChange::undo()
{
    if (m_helm)
        m_helm->setRegions(m_before);
}

void RegionsChange::redo()
{
    if (m_helm)
        m_helm->setRegions(m_after);
}

QueueChange::QueueChange(Helm *helm, Pixel pixel)
    : QUndoCommand(Tr::tr("Queue a point"))
    , m_helm(helm)
    , m_pixel(pixel)
{
}

void QueueChange::undo()
{
    if (!m_helm || !m_helm->unqueue(m_pixel))
        setObsolete(true); // measured meanwhile, or of a run that has ended
}

void QueueChange::redo()
{
    if (std::exchange(m_isDone, false))
        return;
    if (!m_helm || !m_helm->queue(m_pixel))
        setObsolete(true);
}

} // namespace helmscope
