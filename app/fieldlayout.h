// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>

#include <vector>

namespace helmscope {

/// A form that has as many fields side by side as fit: up to three, each with its caption before
/// it; in a narrow panel, a longer language or a larger font two or one. So nothing has to be
/// scrolled sideways, and the panel keeps no window from being narrow.
class FieldLayout final : public QLayout
{
public:
    explicit FieldLayout(QWidget *parent);
    ~FieldLayout() override;

    /// Next to the one before, as long as there is room in the row. `caption` may be null: then
    /// the field has its place as well. `span`: it is as wide as so many, where there are.
    void addField(QWidget *caption, QWidget *field, int span = 1);
    void addRow(QWidget *wide); ///< as wide as the panel
    /// How many are side by side in a panel of this width.
    int columnsFor(int width) const;

    void addItem(QLayoutItem *item) override;
    int count() const override { return int(m_cells.size()); }
    QLayoutItem *itemAt(int index) const override;
    QLayoutItem *takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect &rect) override;

private:
    struct Cell
    {
        QLayoutItem *item;
        bool isCaption = false; ///< of the cell after it
        int span = 1;           ///< 0: a whole row
    };
    struct Place
    {
        QLayoutItem *caption, *field;
        int row, column, span; ///< likewise
    };
    struct Column
    {
        int caption = 0, field = 0; ///< least widths
    };
    std::vector<Place> placesOf(int columns) const;
    std::vector<Column> widthsOf(const std::vector<Place> &places, int columns) const;
    int neededFor(int columns) const;
    int arrange(const QRect &rect, bool isForReal) const; ///< returns the height

    std::vector<Cell> m_cells;
};

} // namespace helmscope
