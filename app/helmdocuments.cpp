// SPDX-License-Identifier: GPL-3.0-or-later
// The documents a Helm holds: which is shown, where the beam may go in them, and what they cost.
#include "app/helm.h"
#include "steering/recording/inwords.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

/// Maps of earlier steps of all documents together are kept up to about this much; the one shown
/// gives way last.
constexpr std::size_t mostBeliefBytes = std::size_t(1) << 30;

bool isSamePath(const QString &a, const QString &b)
{
    return QDir::cleanPath(QFileInfo(a).absoluteFilePath()) ==
           QDir::cleanPath(QFileInfo(b).absoluteFilePath());
}

} // namespace

OpenDocument *Helm::writable(int id)
{
    const auto found = std::find_if(m_documents.begin(), m_documents.end(),
                                    [id](const auto &each) { return each->id == id; });
    return found == m_documents.end() ? nullptr : found->get();
}

const OpenDocument *Helm::find(int id) const
{
    return const_cast<Helm *>(this)->writable(id);
}

int Helm::idOf(const OpenDocument::Record &record) const
{
    for (const auto &document : m_documents) {
        const OpenDocument::Record &open = document->record;
        const bool isSameRun = !record.id.isEmpty() && open.id == record.id &&
                               isSamePath(open.workspace, record.workspace);
        if (isSameRun ||
            (!record.file.isEmpty() && !open.file.isEmpty() && isSamePath(open.file, record.file)))
            return document->id;
    }
    return 0;
}

void Helm::show(int id)
{
    OpenDocument *document = writable(id);
    if (!document || document == m_now)
        return;
    if (m_hasUntold)
        tellSteps(); // the views of the live run have all of it when they are left
    emit leaving();
    enter(document);
}

void Helm::move(int id, int place)
{
    const auto from = std::find_if(m_documents.begin(), m_documents.end(),
                                   [id](const auto &each) { return each->id == id; });
    if (from == m_documents.end())
        return;
    const auto to = m_documents.begin() + std::clamp(place, 0, int(m_documents.size()) - 1);
    if (from < to)
        std::rotate(from, from + 1, to + 1);
    else
        std::rotate(to, from, from + 1);
    emit documentsChanged();
}

void Helm::enter(OpenDocument *document)
{
    m_now = document;
    m_now->guard.reset(); // whoever looks at it keeps the limit
    boundBeliefs();
    showStateOfShown();
    emit documentsChanged();
    tellShown();
}

void Helm::tellShown()
{
    emit sampleOpened();
    emit ordersChanged();
    emit runShown();
    emit documentShown();
    emit marksChanged();
}

void Helm::showStateOfShown()
{
    if (!isGoing())
        setState(sample() ? State::Ready : State::Empty);
}

void Helm::close(int id)
{
    OpenDocument *document = writable(id);
    if (!document || document == m_liveIn)
        return;
    const auto place = std::find_if(m_documents.begin(), m_documents.end(),
                                    [id](const auto &each) { return each->id == id; });
    const bool wasShown = document == m_now;
    const std::unique_ptr<OpenDocument> gone = std::move(*place);
    const auto next = m_documents.erase(place);
    if (!wasShown) {
        emit documentsChanged();
        return;
    }
    enter(m_documents.empty()         ? &m_none
          : next == m_documents.end() ? m_documents.back().get()
                                      : next->get());
}

void Helm::take(Sample sample, int inPlaceOf)
{
    if (m_hasUntold)
        tellSteps();
    emit leaving();
    auto fresh = std::make_unique<OpenDocument>();
    fresh->id = ++m_lastId;
    fresh->sample = std::move(sample);
    const OpenDocument *former = find(inPlaceOf);
    if (!former && m_now->isUntouched())
        former = m_now;
    if (former == m_liveIn)
        former = nullptr;
    const auto isAt = [this, former](const auto &each) {
        return former ? each.get() == former : each.get() == m_now;
    };
    const auto place = std::find_if(m_documents.begin(), m_documents.end(), isAt);
    m_now = fresh.get();
    std::unique_ptr<OpenDocument> gone; // until all know
    if (former)
        gone = std::exchange(*place, std::move(fresh));
    else
        m_documents.insert(place == m_documents.end() ? place : place + 1, std::move(fresh));
    showStateOfShown();
    emit documentsChanged();
    emit sampleOpened();
    emit ordersChanged();
    emit documentShown();
    for (const QString &warning : this->sample()->survey->warnings)
        emit troubled(inWords(warning));
}

void Helm::fork()
{
    emit leaving();
    auto fresh = std::make_unique<OpenDocument>();
    fresh->id = ++m_lastId;
    fresh->sample = m_now->sample;
    fresh->regions = m_now->regions;
    fresh->isTouched = true;
    const auto place = std::find_if(m_documents.begin(), m_documents.end(),
                                    [this](const auto &each) { return each.get() == m_now; });
    emit forked(m_now->id, fresh->id);
    enter(m_documents.insert(place + 1, std::move(fresh))->get());
}

/// In the order of the ids: that is the order the tabs had.
void Helm::take(Reopened again, int id, bool isShown)
{
    --m_reopening;
    if (!again.trouble.isEmpty()) {
        emit notReopened(again.place, again.trouble);
    } else {
        auto fresh = std::make_unique<OpenDocument>();
        fresh->id = id;
        if (auto *opened = std::get_if<Opened>(&again.read)) {
            if (!idOf(opened->record)) {
                fresh->sample = std::move(opened->sample);
                fresh->plannedSteps = opened->run.size();
                fresh->record = std::move(opened->record);
                fresh->isRecorded = true;
                fresh->run = std::move(opened->run);
            }
        } else {
            fresh->sample = std::get<Sample>(std::move(again.read));
        }
        if (fresh->sample) { // else somebody has opened it meanwhile
            const auto place = std::find_if(m_documents.begin(), m_documents.end(),
                                            [id](const auto &each) { return each->id > id; });
            OpenDocument *document = m_documents.insert(place, std::move(fresh))->get();
            if (isShown || m_now == &m_none) {
                emit leaving();
                enter(document);
            } else {
                boundBeliefs();
                emit documentsChanged();
            }
        }
    }
    if (m_reopening == 0)
        emit reopened();
}

void Helm::setRegions(const Regions &regions)
{
    putRegions(m_now, regions);
}

void Helm::putRegions(OpenDocument *document, const Regions &regions)
{
    const auto isOfGrid = [document](const Mask &mask) {
        return mask.size() == 0 ||
               (document->sample && mask.rows() == document->sample->survey->rows() &&
                mask.cols() == document->sample->survey->cols());
    };
    if (!isOfGrid(regions.forbidden) || !isOfGrid(regions.preferred.pixels) ||
        regions == document->regions)
        return;
    document->regions = regions;
    if (document == m_liveIn) {
        m_live->forbid(regions.forbidden);
        m_live->prefer(regions.preferred);
    }
    if (document == m_now)
        emit ordersChanged();
}

void Helm::forbid(Pixel corner, Pixel opposite)
{
    if (!sample())
        return;
    const int rows = sample()->survey->rows(), cols = sample()->survey->cols();
    Mask pixels = Mask::Constant(rows, cols, false);
    const auto [top, bottom] = std::minmax(corner.row, opposite.row);
    const auto [left, right] = std::minmax(corner.col, opposite.col);
    for (int row = std::max(0, top); row <= std::min(rows - 1, bottom); ++row)
        for (int col = std::max(0, left); col <= std::min(cols - 1, right); ++col)
            pixels(row, col) = true;
    setRegions(forbidding(regions(), pixels));
}

void Helm::allowAll()
{
    Regions none;
    none.preferred.factor = regions().preferred.factor;
    setRegions(none);
}

void Helm::guardDose(double limit, double probeNm)
{
    OpenDocument *document = m_liveIn;
    if (!document || !document->sample)
        return;
    const Dataset &survey = *document->sample->survey;
    document->guard = {limit, probeNm,
                       DoseBook(survey.rows(), survey.cols(), survey.gridPixelSizeNm(), probeNm)};
    for (const auto &step : document->run.steps())
        document->guard->book.add(*step);
}

/// Of the live run, while nobody looks at it: the panel of the dose does it else.
void Helm::keepDose(const Step &step)
{
    if (!m_liveIn->guard || isLiveShown())
        return;
    DoseGuard &guard = *m_liveIn->guard;
    guard.book.add(step);
    if (const Mask mask = guard.book.beyond(guard.limit); mask.size() > 0)
        putRegions(m_liveIn, forbidding(m_liveIn->regions, mask));
}

void Helm::boundBeliefs()
{
    std::size_t all = 0;
    for (const auto &document : m_documents)
        all += document->run.beliefBytes();
    while (all > mostBeliefBytes) {
        OpenDocument *largest = nullptr;
        for (const auto &document : m_documents)
            if (document.get() != m_now &&
                (!largest || document->run.beliefBytes() > largest->run.beliefBytes()))
                largest = document.get();
        const std::size_t before = largest ? largest->run.beliefBytes() : 0;
        if (largest)
            largest->run.forgetSomeBeliefs();
        if (!largest || largest->run.beliefBytes() == before)
            return; // one belief each is left
        all -= before - largest->run.beliefBytes();
    }
}

} // namespace helmscope
