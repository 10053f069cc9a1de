// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/fieldlayout.h"

#include <QStyle>
#include <QWidget>
#include <QWidgetItem>

#include <algorithm>
#include <numeric>
#include <utility>

namespace helmscope {

static constexpr int mostColumns = 3, captionGap = 6, columnGap = 6, rowGap = 2, mostGrowth = 130;

FieldLayout::FieldLayout(QWidget *parent)
    : QLayout(parent)
{
}

FieldLayout::~FieldLayout()
{
    for (const Cell &cell : m_cells)
        delete cell.item;
}

void FieldLayout::addItem(QLayoutItem *item)
{
    m_cells.push_back({item});
    invalidate();
}

void FieldLayout::addField(QWidget *caption, QWidget *field, int span)
{
    if (caption) {
        addChildWidget(caption);
        m_cells.push_back({new QWidgetItem(caption), true});
    }
    addChildWidget(field);
    m_cells.push_back({new QWidgetItem(field), false, span});
    invalidate();
}

void FieldLayout::addRow(QWidget *wide)
{
    addField(nullptr, wide, 0);
}

QLayoutItem *FieldLayout::itemAt(int index) const
{
    return index >= 0 && index < count() ? m_cells[std::size_t(index)].item : nullptr;
}

QLayoutItem *FieldLayout::takeAt(int index)
{
    QLayoutItem *item = itemAt(index);
    if (item) {
        m_cells.erase(m_cells.begin() + index);
        invalidate();
    }
    return item;
}

std::vector<FieldLayout::Place> FieldLayout::placesOf(int columns) const
{
    std::vector<Place> places;
    QLayoutItem *caption = nullptr;
    int row = 0, column = 0;
    const auto breakRow = [&] {
        row += column > 0;
        column = 0;
    };
    for (const Cell &cell : m_cells) {
        if (cell.isCaption) {
            caption = cell.item;
            continue;
        }
        QLayoutItem *of = std::exchange(caption, nullptr);
        if (cell.item->isEmpty()) // hidden
            continue;
        const int span = std::min(cell.span, columns);
        if (span == 0 || column + span > columns)
            breakRow();
        places.push_back({of, cell.item, row, column, span});
        column += span;
        if (span == 0 || column == columns) {
            ++row;
            column = 0;
        }
    }
    return places;
}

std::vector<FieldLayout::Column> FieldLayout::widthsOf(const std::vector<Place> &places,
                                                       int columns) const
{
    std::vector<Column> widths(static_cast<std::size_t>(columns));
    for (const Place &place : places) {
        Column &column = widths[std::size_t(place.column)];
        if (place.caption)
            column.caption = std::max(column.caption, place.caption->sizeHint().width());
        if (place.caption && place.span == 1)
            column.field = std::max(column.field, place.field->minimumSize().width());
    }
    for (const Place &place : places) { // those without a caption have its room
        Column &column = widths[std::size_t(place.column)];
        if (!place.caption && place.span == 1)
            column.field = std::max(column.field, place.field->minimumSize().width() -
                                                      column.caption - captionGap);
    }
    return widths;
}

int FieldLayout::neededFor(int columns) const
{
    int needed = (columns - 1) * columnGap;
    for (const Column &column : widthsOf(placesOf(columns), columns))
        needed += column.caption + captionGap + column.field;
    return needed;
}

int FieldLayout::columnsFor(int width) const
{
    const QMargins margins = contentsMargins();
    for (int columns = mostColumns; columns > 1; --columns)
        if (neededFor(columns) + margins.left() + margins.right() <= width)
            return columns;
    return 1;
}

int FieldLayout::arrange(const QRect &rect, bool isForReal) const
{
    const QMargins margins = contentsMargins();
    QRect inner = rect.marginsRemoved(margins);
    const int columns = columnsFor(rect.width());
    const std::vector<Place> places = placesOf(columns);
    std::vector<Column> widths = widthsOf(places, columns);
    // The longest words stand in the first column.
    constexpr int longest = 48, firstShare = 3, share = 2;
    int room = std::max(0, inner.width() - neededFor(columns));
    // On a wide screen a number of three digits needs no field as wide as a hand.
    if (const int most = mostGrowth * columns; room > most) {
        inner.setWidth(inner.width() - (room - most));
        room = most;
    }
    const int first = columns == 1 ? room : std::min(room, longest);
    widths.front().field += first;
    room -= first;
    for (int i = 0; i < columns; ++i)
        widths[std::size_t(i)].field +=
            room * (i == 0 ? firstShare : share) / (firstShare + share * (columns - 1));
    std::vector<int> lefts;
    for (int i = 0, x = inner.left(); i < columns; ++i) {
        lefts.push_back(x);
        x += widths[std::size_t(i)].caption + captionGap + widths[std::size_t(i)].field + columnGap;
    }
    const auto widthOf = [&](const Place &place) {
        if (place.span == 0 || place.column + place.span == columns) // to the border, no pixel lost
            return inner.right() + 1 -
                   (place.span == 0 ? inner.left() : lefts[std::size_t(place.column)]);
        const int end = place.column + place.span;
        return lefts[std::size_t(end)] - columnGap - lefts[std::size_t(place.column)];
    };
    const auto heightOf = [&](const Place &place) {
        const int hint = place.field->hasHeightForWidth()
                             ? place.field->heightForWidth(widthOf(place))
                             : place.field->sizeHint().height();
        return std::max(hint, place.caption ? place.caption->sizeHint().height() : 0);
    };
    std::vector<int> heights;
    for (const Place &place : places) {
        heights.resize(std::max(heights.size(), std::size_t(place.row) + 1), 0);
        int &height = heights[std::size_t(place.row)];
        height = std::max(height, heightOf(place));
    }
    if (isForReal) {
        const Qt::LayoutDirection direction =
            parentWidget() ? parentWidget()->layoutDirection() : Qt::LeftToRight;
        const auto put = [&](QLayoutItem *item, const QRect &there) {
            item->setGeometry(QStyle::visualRect(direction, rect, there));
        };
        for (const Place &place : places) {
            const auto row = std::ptrdiff_t(place.row);
            const int top = std::accumulate(heights.begin(), heights.begin() + row, inner.top()) +
                            place.row * rowGap;
            QRect box(place.span == 0 ? inner.left() : lefts[std::size_t(place.column)], top,
                      widthOf(place), heights[std::size_t(place.row)]);
            if (place.caption) { // beside its field, at the end of its column
                const int caption = widths[std::size_t(place.column)].caption;
                const int width = std::min(caption, place.caption->sizeHint().width());
                put(place.caption, {box.left() + caption - width, top, width, box.height()});
                box.setLeft(box.left() + caption + captionGap);
            }
            const int height =
                place.field->hasHeightForWidth() ? box.height() : place.field->sizeHint().height();
            put(place.field, {box.left(), top + (box.height() - height) / 2, box.width(), height});
        }
    }
    const int gaps = std::max(0, int(heights.size()) - 1) * rowGap;
    return std::accumulate(heights.begin(), heights.end(), gaps) + margins.top() + margins.bottom();
}

int FieldLayout::heightForWidth(int width) const
{
    return arrange({0, 0, width, 0}, false);
}

QSize FieldLayout::sizeHint() const
{
    const QMargins margins = contentsMargins();
    const int width = neededFor(mostColumns) + margins.left() + margins.right();
    return {width, heightForWidth(width)};
}

/// The height is the width's matter.
QSize FieldLayout::minimumSize() const
{
    const QMargins margins = contentsMargins();
    return {neededFor(1) + margins.left() + margins.right(), 0};
}

void FieldLayout::setGeometry(const QRect &rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

} // namespace helmscope
