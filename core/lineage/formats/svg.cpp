// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include "base/tr.h"
#include "lineage/grouping.h"
#include "lineage/layout.h"

#include <QXmlStreamWriter>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace helmscope {

namespace {

constexpr double nodeWidth = 224, nodeHeight = 40, margin = 24, titleHeight = 84;
constexpr double titleSize = 12, captionSize = 10;
/// More would be no picture: siblings and series stand in groups then.
constexpr std::size_t mostSingles = 400;

/// What the nodes of a type look like; the marks are those of the browser.
struct Look
{
    const char *type; ///< "" any other
    const char *colour;
    const char *mark; ///< path within [-8, 8]
};

constexpr std::array<Look, 9> looks{{
    {"Dataset", "#1f7fb8", "M-7-7H7V7H-7Z"},
    {"Model", "#b37700", "M8 0 4 6.9H-4L-8 0-4-6.9H4Z"},
    {"Metrics", "#00795a", "M-7.4 6.7 0-7.4 7.4 6.7Z"},
    {"Step_Metrics", "#567a12", "M-7.4-7H-2V-2H3V2.5H7.4V7H2V2.5H-2V2H-7.4Z"},
    {"Dataslice", "#4a55c8", "M-7-7H1.3L7-1.3V7H-7Z"},
    {"Environment", "#5c636b", "M0-8 8 0 0 8-8 0Z"},
    {"Label", "#8a7d00", "M-7.7-5H2.6L7.7 0 2.6 5H-7.7Z"},
    {"", "#a84f80", "M-7 0A7 7 0 1 1 7 0 7 7 0 1 1-7 0Z"},
    {"execution", "#1b2026",
     "M-4-5.5H4A4 4 0 0 1 8-1.5V1.5A4 4 0 0 1 4 5.5H-4A4 4 0 0 1-8 1.5V-1.5"
     "A4 4 0 0 1-4-5.5Z"},
}};
constexpr std::size_t anyOther = 7, ofExecution = 8;

std::size_t lookOf(const LineageNode &node)
{
    if (node.kind == LineageNode::Kind::Execution)
        return ofExecution;
    const QString type = node.type.startsWith("mlmd.") ? node.type.mid(5) : node.type;
    for (std::size_t i = 0; i < anyOther; ++i)
        if (type == QLatin1String(looks[i].type))
            return i;
    return anyOther;
}

/// Cut in the middle, where names differ least, to about `width`: there is no font to ask here.
QString fitted(const QString &text, double width, double size)
{
    constexpr double averageOfSans = 0.61;
    const qsizetype room = qsizetype(width / (size * averageOfSans));
    if (text.size() <= room)
        return text;
    const qsizetype tail = room / 2, head = room - tail - 1;
    return text.left(head) + QChar(0x2026) + text.right(tail);
}

QString number(double value)
{
    return QString::number(value, 'f', 1);
}

QString at(Layout::Point point)
{
    return number(point.x) + ' ' + number(point.y);
}

/// Level where it passes nodes, a smooth slope between them.
QString pathThrough(const std::vector<Layout::Point> &route)
{
    QString path = "M" + at(route.front());
    for (std::size_t i = 1; i < route.size(); ++i) {
        const Layout::Point a = route[i - 1], b = route[i];
        const double middle = (a.x + b.x) / 2;
        const bool isSlope = std::abs(a.x - b.x) > 1 && std::abs(a.y - b.y) > 1;
        path +=
            isSlope ? "C" + at({middle, a.y}) + ' ' + at({middle, b.y}) + ' ' + at(b) : "L" + at(b);
    }
    return path;
}

class Picture
{
public:
    explicit Picture(const LineageGraph &graph)
        : m_graph(graph)
        , m_items(grouped(graph, {}, options(graph)))
        , m_writer(&m_bytes)
    {
        LayoutInput input;
        input.sizes.assign(m_items.items.size(), {nodeWidth, nodeHeight});
        input.edges = m_items.edges;
        input.layerGap = 56;
        m_layout = layOut(input, unwatched());
    }

    QByteArray draw()
    {
        // A mark and its count, and the words, side by side.
        const double width = std::max(m_layout.width, legendWidth()) + 2 * margin;
        const double height = m_layout.height + titleHeight + margin;
        m_writer.setAutoFormatting(true);
        m_writer.setAutoFormattingIndent(1);
        m_writer.writeStartDocument();
        m_writer.writeDefaultNamespace("http://www.w3.org/2000/svg");
        begin("svg", {{"width", number(width)},
                      {"height", number(height)},
                      {"viewBox", QStringLiteral("0 0 %1 %2").arg(number(width), number(height))},
                      {"role", "img"},
                      {"font-family", "DejaVu Sans, Verdana, Arial, sans-serif"}});
        element("title", {}, title());
        element("style", {},
                ".e{fill:none;stroke:#7d8790;stroke-width:1.2}"
                ".a{fill:#7d8790;stroke:none}"
                ".n{font-size:12px;fill:#1b2026}.c{font-size:10px;fill:#56606b}"
                ".t{font-size:18px;font-weight:bold;fill:#1b2026}");
        element("rect",
                {{"width", number(width)}, {"height", number(height)}, {"fill", "#ffffff"}});
        element("text", {{"class", "t"}, {"x", number(margin)}, {"y", "32"}}, title());
        drawLegend();
        begin("g", {{"transform",
                     QStringLiteral("translate(%1 %2)").arg(number(margin), number(titleHeight))}});
        drawEdges();
        for (std::size_t item = 0; item < m_items.items.size(); ++item)
            drawItem(item);
        m_writer.writeEndElement();
        m_writer.writeEndElement();
        m_writer.writeEndDocument();
        return m_bytes;
    }

private:
    using Attributes = std::vector<std::pair<const char *, QString>>;

    static GroupingOptions options(const LineageGraph &graph)
    {
        constexpr int never = std::numeric_limits<int>::max();
        if (graph.nodes.size() > mostSingles)
            return {};
        return {.fewestSiblings = never, .longestSeries = never};
    }

    void begin(const char *name, const Attributes &attributes = {})
    {
        m_writer.writeStartElement(QLatin1String(name));
        for (const auto &[key, value] : attributes)
            m_writer.writeAttribute(QLatin1String(key), printable(value));
    }
    void element(const char *name, const Attributes &attributes, const QString &text = {})
    {
        begin(name, attributes);
        if (!text.isEmpty())
            m_writer.writeCharacters(printable(text));
        m_writer.writeEndElement();
    }

    QString title() const
    {
        const int executions = int(
            std::count_if(m_graph.nodes.begin(), m_graph.nodes.end(), [](const LineageNode &node) {
                return node.kind == LineageNode::Kind::Execution;
            }));
        return Tr::tr("Lineage of %1 (executions: %2, artifacts: %3)", "stores, counts")
            .arg(m_graph.stores.isEmpty() ? Tr::tr("no store") : storeNames(m_graph).join(", "))
            .arg(executions)
            .arg(m_graph.nodes.size() - std::size_t(executions));
    }

    std::map<std::size_t, int> counts() const
    {
        std::map<std::size_t, int> counts;
        for (const LineageNode &node : m_graph.nodes)
            ++counts[lookOf(node)];
        return counts;
    }
    static QString legendText(std::size_t look, int count)
    {
        const QString type = looks[look].type;
        return QStringLiteral("%1 (%2)").arg(type.isEmpty() ? Tr::tr("other") : type).arg(count);
    }
    static double legendStep(const QString &text)
    {
        return 34 + double(text.size()) * titleSize * 0.6;
    }
    double legendWidth() const
    {
        double width = 0;
        for (const auto &[look, count] : counts())
            width += legendStep(legendText(look, count));
        return width;
    }
    void drawLegend()
    {
        double x = margin + 8;
        for (const auto &[look, count] : counts()) {
            const QString text = legendText(look, count);
            drawMark(look, {x, 56});
            element("text", {{"class", "n"}, {"x", number(x + 14)}, {"y", "60"}}, text);
            x += legendStep(text);
        }
    }
    void drawMark(std::size_t look, Layout::Point centre)
    {
        element("path",
                {{"d", looks[look].mark},
                 {"fill", looks[look].colour},
                 {"transform",
                  QStringLiteral("translate(%1 %2)").arg(number(centre.x), number(centre.y))}});
    }

    void drawEdges()
    {
        begin("g", {{"class", "e"}});
        for (std::size_t i = 0; i < m_items.edges.size(); ++i) {
            const auto [from, to] = m_items.edges[i];
            element("path", {{"d", pathThrough(m_layout.routes[i])},
                             {"data-from", idOf(from)},
                             {"data-to", idOf(to)}});
            // Drawn, not a marker: not all that shows SVG knows those.
            const Layout::Point tip = m_layout.routes[i].back();
            element("path", {{"class", "a"}, {"d", "M" + at(tip) + "l-7-3.2v6.4Z"}});
        }
        m_writer.writeEndElement();
    }

    QString idOf(int item) const
    {
        return uniqueName(m_graph.nodes[std::size_t(m_items.items[std::size_t(item)].front())]);
    }

    void drawItem(std::size_t item)
    {
        const std::vector<int> &members = m_items.items[item];
        const LineageNode &first = m_graph.nodes[std::size_t(members.front())];
        const bool isGroup = members.size() > 1;
        QString name = first.shortName(), whole = first.name.isEmpty() ? name : first.name;
        QString caption = first.kind == LineageNode::Kind::Artifact
                              ? first.type + QStringLiteral(" · ") + first.uri.left(8)
                              : isoTime(first.createdMs).left(16).replace('T', ' ');
        if (isGroup) {
            name = m_items.groups[std::size_t(m_items.groupOf[std::size_t(members.front())])].name;
            caption = Tr::tr("a group");
            whole = name;
        }
        const Layout::Point centre = m_layout.centres[item];
        const double left = centre.x - nodeWidth / 2, top = centre.y - nodeHeight / 2;
        begin("g", {{"id", idOf(int(item))}});
        element("title", {}, whole);
        const bool isExecution = first.kind == LineageNode::Kind::Execution;
        element("rect", {{"fill", isExecution ? "#eff1f3" : "#ffffff"},
                         {"stroke", isExecution ? "#7d8790" : "#bfc6ce"},
                         {"x", number(left)},
                         {"y", number(top)},
                         {"width", number(nodeWidth)},
                         {"height", number(nodeHeight)},
                         {"rx", isExecution ? "10" : "2"},
                         {"stroke-width", isGroup ? "3" : "1"}});
        drawMark(lookOf(first), {left + 18, centre.y});
        constexpr double textLeft = 36, room = nodeWidth - textLeft - 8;
        element("text",
                {{"class", "n"}, {"x", number(left + textLeft)}, {"y", number(centre.y - 2)}},
                fitted(name, room, titleSize));
        element("text",
                {{"class", "c"}, {"x", number(left + textLeft)}, {"y", number(centre.y + 13)}},
                fitted(caption, room, captionSize));
        m_writer.writeEndElement();
    }

    const LineageGraph &m_graph;
    const GroupedGraph m_items;
    Layout m_layout;
    QByteArray m_bytes;
    QXmlStreamWriter m_writer;
};

} // namespace

QByteArray svgOf(const LineageGraph &graph)
{
    return Picture(graph).draw();
}

} // namespace helmscope
