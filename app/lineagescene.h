// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "app/lineagereader.h"

#include <QHash>
#include <QImage>
#include <QSet>

#include <functional>
#include <memory>

namespace helmscope {

/// A lineage on its way into a view: read in a job, drawn up in a job, its pictures read in jobs.
/// Of each kind the latest wins. What of it is to be seen is the owner's to say.
class LineageScene final : public QObject
{
    Q_OBJECT
public:
    using Reader = std::function<LineageContents(const Progress &)>;
    struct Wish
    {
        std::vector<int> nodes;  ///< sorted; none: the view shows its placeholder
        std::vector<int> singly; ///< of them, sorted: drawn alone though their group is closed
        int anchor = -1;         ///< stays where it is on the screen; -1: all is shown
    };

    /// The view outlives it.
    explicit LineageScene(LineageView *view, QObject *parent = nullptr);
    ~LineageScene() override;

    const LineageContents &contents() const { return *m_contents; }
    const std::shared_ptr<const LineageGraph> &graph() const { return m_contents->graph; }
    bool isBusy() const { return !m_work.isIdle(); }
    bool isReadingPictures() const { return !m_thumbnails.isIdle(); }
    Jobs &work() { return m_work; }

    /// What is shown goes when it is read; then it is the owner's turn, see taken().
    void read(const QString &title, Reader reader);
    /// What is shown stays until the new is drawn as `wish` says of it, with the groups that are
    /// open, the node that is selected and the pictures that are known.
    void renew(const QString &title, Reader reader,
               std::function<Wish(const LineageContents &)> wish);
    /// Of contents(). Passed over while what renew() has read is being drawn.
    void draw(Wish wish);
    void toggleGroup(int group);
    /// Whether pictures of what artifacts hold are read into their boxes.
    void setReadsPictures(bool reads) { m_readsPictures = reads; }
    /// Nothing any more; what is on its way is dropped.
    void clear();

    bool hasWorkspace() const;           ///< what artifacts hold can be read
    QString workspaceOf(int node) const; ///< empty where the node is no part of a run in one

signals:
    void taken();                         ///< contents() are other ones
    void drawn();                         ///< the view has what was last wished
    void failed(const QString &sentence); ///< what is shown stays

private:
    using Contents = std::shared_ptr<const LineageContents>;
    int startReading(const QString &title, Reader reader,
                     std::function<void(LineageContents)> done);
    void startDrawing(Contents of, const Wish &wish);
    void show(Contents of, LineageDrawing drawing, int anchor);
    void readThumbnails(const std::vector<int> &nodes);

    LineageView *m_view;
    Contents m_contents, m_next; ///< the latter is being drawn
    Wish m_wish;
    QSet<QString> m_openGroups;
    bool m_readsPictures = true;
    bool m_isStale = false; ///< a group was toggled meanwhile
    std::shared_ptr<const LineageDrawing> m_drawing;
    QHash<QString, QImage> m_pictures; ///< by content
    int m_readNumber = 0, m_drawNumber = 0;
    int m_readJob = 0, m_drawJob = 0, m_thumbnailJob = 0;
    Jobs m_work, m_thumbnails; ///< last, so first to go
};

} // namespace helmscope
