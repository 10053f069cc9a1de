// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/historylanes.h"
#include "widgets/theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>

using namespace helmscope;

class TestHistoryModel : public QObject
{
    Q_OBJECT
private:
    static Version version(const QString &id, const QStringList &parents, const QString &message)
    {
        return {id, parents, {"Ernst Ruska", "ruska@example.org"}, 1'700'000'000'000, message};
    }
    /// d joins b and c, which both come from a.
    static std::vector<Version> diamond()
    {
        return {version("d", {"c", "b"}, "Run r2: joined: finished\n\nAll of it"),
                version("c", {"a"}, "Notes of a user"),
                version("b", {"a"}, "Run r2: begins: Expected improvement"),
                version("a", {}, "Run r1: finished after 4 measurements")};
    }
    static std::vector<Reference> references()
    {
        return {{Reference::Kind::Branch, "main", "d", true},
                {Reference::Kind::Branch, "run/r2", "b", false},
                {Reference::Kind::Tag, "figure-2", "a", false},
                {Reference::Kind::Tag, "elsewhere", "zz", false}};
    }
    static std::shared_ptr<const HistoryLog> log()
    {
        return std::make_shared<const HistoryLog>(HistoryLog::of(diamond(), references()));
    }

private Q_SLOTS:
    void makesALogReady()
    {
        const auto made = log();
        QCOMPARE(made->lanes.size(), std::size_t(4));
        QCOMPARE(made->runs, (std::vector<QString>{"r2", "", "r2", "r1"}));
        QCOMPARE(made->tagsAt(3), QStringList("figure-2"));
        QCOMPARE(made->tagsAt(0), QStringList());
        QCOMPARE(made->tagsAt(-1), QStringList());
        QCOMPARE(made->tagsAt(9), QStringList());
        QCOMPARE(made->rowOf("b"), 2);
        QCOMPARE(made->rowOf("zz"), -1);
    }

    void takesNoRunFromAnOddMessage_data()
    {
        QTest::addColumn<QString>("message");
        for (const char *message : {"Run", "Run :", "Run ../../etc: x", "Run a b: x", "run r1: x",
                                    "Runs r1: x", "Run für: x"})
            QTest::newRow(message) << QString::fromUtf8(message);
    }
    void takesNoRunFromAnOddMessage()
    {
        QFETCH(QString, message);
        QCOMPARE(HistoryLog::of({version("a", {}, message)}, {}).runs.front(), QString());
    }

    void findsByAnyOfItsTexts_data()
    {
        QTest::addColumn<QString>("words");
        QTest::addColumn<std::vector<int>>("found");
        QTest::newRow("nothing") << "  " << std::vector<int>{0, 1, 2, 3};
        QTest::newRow("message") << "IMPROVEMENT" << std::vector<int>{2};
        QTest::newRow("body") << "all of" << std::vector<int>{0};
        QTest::newRow("run") << "r2" << std::vector<int>{0, 2};
        QTest::newRow("both words") << "r2 begins" << std::vector<int>{2};
        QTest::newRow("author") << "ruska user" << std::vector<int>{1};
        QTest::newRow("tag") << "figure-2" << std::vector<int>{3};
        QTest::newRow("branch") << "run/r2" << std::vector<int>{2};
        QTest::newRow("none") << "iron" << std::vector<int>{};
    }
    void findsByAnyOfItsTexts()
    {
        QFETCH(QString, words);
        QFETCH(std::vector<int>, found);
        QCOMPARE(log()->find(words), found);
    }

    void isAModel()
    {
        HistoryModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(model.versionAt(0), -1);
        model.narrow({0});
        QCOMPARE(model.rowCount(), 0);
        model.setLog(log());
        QCOMPARE(model.rowCount(), 4);
        const auto text = [&](int row, int column) {
            return model.index(row, column).data().toString();
        };
        QCOMPARE(text(0, HistoryModel::Summary), QString("joined: finished"));
        QCOMPARE(text(1, HistoryModel::Summary), QString("Notes of a user"));
        QCOMPARE(text(0, HistoryModel::Run), QString("r2"));
        QCOMPARE(text(0, HistoryModel::Author), QString("Ernst Ruska"));
        QVERIFY(text(0, HistoryModel::Time).startsWith("2023-11-1"));
        QCOMPARE(model.index(3, 0).data(Qt::AccessibleTextRole).toString(),
                 QString("figure-2, finished after 4 measurements"));
        QCOMPARE(model.index(2, 3).data(HistoryModel::RunRole).toString(), QString("r2"));

        model.narrow({3, 99, 1, -1});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.versionAt(0), 3);
        QCOMPARE(model.rowOf(1), 1);
        QCOMPARE(model.rowOf(0), -1);
        QCOMPARE(text(0, HistoryModel::Run), QString("r1"));
        model.showAll();
        QCOMPARE(model.rowCount(), 4);
    }

    void goesOnWithoutLosingItsPlace()
    {
        HistoryModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<Version> beginning = diamond();
        beginning.resize(2);
        model.setLog(std::make_shared<const HistoryLog>(HistoryLog::of(beginning, {})));
        const QPersistentModelIndex place = model.index(1, 0);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.setLog(log());
        QCOMPARE(resets.size(), 0);
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(place.row(), 1);
        QCOMPARE(model.rowCount(), 4);

        // Another history is another one.
        std::vector<Version> other = diamond();
        other[0].id = "e";
        model.setLog(std::make_shared<const HistoryLog>(HistoryLog::of(other, {})));
        QCOMPARE(resets.size(), 1);
        QVERIFY(!place.isValid());
    }

    void drawsLanesInTheirColours()
    {
        HistoryModel model;
        model.setLog(log());
        HistoryLanes lanes(&model);
        for (const Theme *theme : {&Theme::dark(), &Theme::light()}) {
            QStyleOptionViewItem option;
            option.palette = theme->palette();
            option.rect = QRect(0, 0, 500, 30);
            option.state = QStyle::State_Enabled | QStyle::State_Active;
            const auto painted = [&](int row) {
                QImage image(500, 30, QImage::Format_RGB32);
                image.fill(theme->panel);
                QPainter painter(&image);
                lanes.paint(&painter, option, model.index(row, 0));
                return image;
            };
            const auto has = [](const QImage &image, const QColor &colour, const QRect &within) {
                for (int y = within.top(); y <= within.bottom(); ++y)
                    for (int x = within.left(); x <= within.right(); ++x)
                        if (image.pixelColor(x, y) == colour)
                            return true;
                return false;
            };
            // b is a dot in the second lane, while the first goes by.
            const QImage b = painted(2);
            QVERIFY(has(b, theme->series[0], QRect(6, 0, 15, 30)));
            QVERIFY(has(b, theme->series[1], QRect(21, 0, 15, 30)));
            // a has no parent: below its dot is nothing.
            const QImage a = painted(3);
            QVERIFY(has(a, theme->series[0], QRect(6, 0, 15, 20)));
            QVERIFY(!has(a, theme->series[0], QRect(6, 24, 15, 6)));
            // A merge is hollow.
            QVERIFY(painted(0).pixelColor(13, 15) != theme->series[0]);
            QCOMPARE(a.pixelColor(13, 15), theme->series[0]);
            model.narrow({2});
            QVERIFY(!has(painted(0), theme->series[1], QRect(0, 0, 60, 30)));
            model.showAll();
        }
    }

    void survivesManyLanesAndNoPlace()
    {
        std::vector<Version> wide;
        for (int i = 0; i < 40; ++i)
            wide.push_back(version(QString::number(i), {"root" + QString::number(i)}, "x"));
        HistoryModel model;
        model.setLog(std::make_shared<const HistoryLog>(
            HistoryLog::of(wide, {{Reference::Kind::Tag, QString(300, 'w'), "39", false}})));
        HistoryLanes lanes(&model);
        QImage image(60, 20, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        for (const int width : {0, 1, 20, 60}) {
            QStyleOptionViewItem option;
            option.palette = Theme::dark().palette();
            option.rect = QRect(0, 0, width, 20);
            lanes.paint(&painter, option, model.index(39, 0));
        }
    }
};

QTEST_MAIN(TestHistoryModel)
#include "tst_historymodel.moc"
