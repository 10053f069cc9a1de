// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/lanes.h"

#include <QRandomGenerator>
#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace helmscope;

namespace {

using Lines = std::vector<std::pair<int, int>>;

/// "c:b,a" is version c with the parents b and a.
std::vector<Version> logOf(const QStringList &texts)
{
    std::vector<Version> log;
    for (const QString &text : texts) {
        Version version;
        version.id = text.section(':', 0, 0);
        version.parents = text.section(':', 1).split(',', Qt::SkipEmptyParts);
        log.push_back(version);
    }
    return log;
}

} // namespace

class TestLanes : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aLineIsOneLane()
    {
        const std::vector<LaneRow> rows = lanes(logOf({"c:b", "b:a", "a:"}));
        QCOMPARE(rows.size(), std::size_t(3));
        for (const LaneRow &row : rows) {
            QCOMPARE(row.lane, 0);
            QCOMPARE(row.width, 1);
        }
        QCOMPARE(rows[0].lines, (Lines{{-1, 0}}));
        QCOMPARE(rows[1].lines, (Lines{{0, -1}, {-1, 0}}));
        QCOMPARE(rows[2].lines, (Lines{{0, -1}}));
    }

    void aBranchThatJoinsGoesBeside()
    {
        // d joins the branch c, which left at a; b went on in the first lane.
        const std::vector<LaneRow> rows = lanes(logOf({"d:b,c", "c:a", "b:a", "a:"}));
        QCOMPARE(rows[0].lines, (Lines{{-1, 0}, {-1, 1}}));
        QCOMPARE(rows[1].lane, 1);
        QCOMPARE(rows[1].lines, (Lines{{0, 0}, {1, -1}, {-1, 1}}));
        QCOMPARE(rows[2].lane, 0);
        QCOMPARE(rows[2].lines, (Lines{{0, -1}, {1, 1}, {-1, 0}}));
        QCOMPARE(rows[3].lane, 0);
        QCOMPARE(rows[3].lines, (Lines{{0, -1}, {1, -1}}));
        QCOMPARE(rows[3].width, 2);
    }

    void parentsThatAreNotListedRunOn()
    {
        const std::vector<LaneRow> rows = lanes(logOf({"z:gone", "y:x", "x:"}));
        QCOMPARE(rows[1].lane, 1);
        QCOMPARE(rows[2].lines, (Lines{{0, 0}, {1, -1}}));
        QVERIFY(lanes({}).empty());
    }

    void everyLineReachesItsParent()
    {
        QRandomGenerator random(7);
        for (int round = 0; round < 200; ++round) {
            const int count = 40;
            QStringList texts;
            for (int i = count - 1; i >= 0; --i) { // newest first; parents have smaller numbers
                QStringList parents;
                for (int k = 0; i > 0 && k < 1 + random.bounded(3); ++k)
                    if (const QString one = QString::number(random.bounded(i));
                        !parents.contains(one))
                        parents << one;
                texts << QString::number(i) + ':' + parents.join(',');
            }
            const std::vector<Version> log = logOf(texts);
            const std::vector<LaneRow> rows = lanes(log);
            std::map<int, std::set<QString>> open; // what the lines in a lane lead to
            for (std::size_t i = 0; i < log.size(); ++i) {
                std::map<int, std::set<QString>> next;
                std::set<int> entered;
                for (const auto &[from, to] : rows[i].lines) {
                    QVERIFY(from < rows[i].width && to < rows[i].width);
                    if (from >= 0) {
                        QVERIFY2(open.contains(from), "a line begins out of nothing");
                        entered.insert(from);
                    }
                    if (from >= 0 && to >= 0)
                        next[to].insert(open[from].begin(), open[from].end());
                    else if (to < 0)
                        for (const QString &wanted : open[from])
                            QCOMPARE(wanted, log[i].id);
                }
                QCOMPARE(entered.size(), open.size()); // no line ends between two rows
                std::set<int> down;
                for (const auto &[from, to] : rows[i].lines)
                    if (from < 0)
                        down.insert(to);
                QCOMPARE(down.size(), std::size_t(log[i].parents.size()));
                // Each parent by a lane that leads to it alone.
                for (const QString &parent : log[i].parents) {
                    const bool isKnown = std::any_of(down.begin(), down.end(), [&](int lane) {
                        return !next.contains(lane) || next[lane] == std::set<QString>{parent};
                    });
                    QVERIFY(isKnown);
                }
                qsizetype p = 0;
                for (const auto &[from, to] : rows[i].lines)
                    if (from < 0)
                        next[to].insert(log[i].parents[p++]);
                open = std::move(next);
            }
            QVERIFY(open.empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestLanes)
#include "tst_lanes.moc"
