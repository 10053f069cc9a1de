// SPDX-License-Identifier: GPL-3.0-or-later
// Cursor, zoom and limits of several maps, together or each for itself.
#include "app/viewlinks.h"
#include "widgets/mapview.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QDoubleSpinBox>
#include <QMenu>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>

#include <memory>

using namespace helmscope;

class TestViewLinks : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QWidget> m_window;
    QList<MapView *> m_maps;
    std::unique_ptr<ViewLinks> m_links;

    static Map slope(float to)
    {
        Map map(16, 16);
        for (int row = 0; row < 16; ++row)
            for (int col = 0; col < 16; ++col)
                map(row, col) = to * float(row * 16 + col) / 255;
        return map;
    }
    QToolButton *button(int map) const
    {
        return m_maps[map]->findChild<QToolButton *>("linkButton");
    }
    /// The context menu, as it is opened by hand.
    QMenu *menuOf(int map) const
    {
        QContextMenuEvent event(QContextMenuEvent::Mouse, m_maps[map]->rect().center(),
                                m_maps[map]->mapToGlobal(m_maps[map]->rect().center()));
        QApplication::sendEvent(m_maps[map], &event);
        QMenu *found = nullptr;
        for (QMenu *menu :
             m_maps[map]->findChildren<QMenu *>(QString(), Qt::FindDirectChildrenOnly))
            found = menu;
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_window = std::make_unique<QWidget>();
        m_window->resize(900, 320);
        m_maps.clear();
        for (int i = 0; i < 3; ++i) {
            auto *map = new MapView(m_window.get());
            map->setGeometry(300 * i, 0, 300, 320);
            map->setMap(slope(float(i + 1)));
            m_maps << map;
        }
        MapView::link(m_maps);
        m_links = std::make_unique<ViewLinks>(
            std::vector<ViewLinks::View>{{"a", m_maps[0]}, {"b", m_maps[1]}, {"c", m_maps[2]}},
            nullptr);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup()
    {
        m_window.reset();
        m_links.reset();
    }

    void aMapCanBeMovedByItself()
    {
        QVERIFY(m_links->isLinked(m_maps[1]));
        QTest::mouseClick(button(1), Qt::LeftButton);
        QVERIFY(!m_links->isLinked(m_maps[1]));
        QTest::mouseClick(m_maps[0], Qt::LeftButton, {},
                          m_maps[0]->rectOf({4, 5}).center().toPoint());
        QCOMPARE(m_maps[2]->pinnedPixel(), std::optional(Pixel{4, 5}));
        QVERIFY(!m_maps[1]->pinnedPixel());
        // Linked again, it comes to where the others are, and once only.
        QTest::mouseClick(button(1), Qt::LeftButton);
        QCOMPARE(m_maps[1]->pinnedPixel(), std::optional(Pixel{4, 5}));
        QSignalSpy moved(m_maps[0], &MapView::cursorMoved);
        QTest::mouseClick(m_maps[1], Qt::LeftButton, {},
                          m_maps[1]->rectOf({8, 8}).center().toPoint());
        QCOMPARE(m_maps[0]->pinnedPixel(), std::optional(Pixel{8, 8}));
        QCOMPARE(m_maps[2]->pinnedPixel(), std::optional(Pixel{8, 8}));
    }

    void theButtonIsInTheCornerAndSpeaks()
    {
        m_maps[0]->resize(200, 250);
        QVERIFY(button(0)->geometry().right() >= 190);
        QVERIFY(button(0)->accessibleName().contains("a"));
        const QString linked = button(0)->toolTip();
        button(0)->click();
        QVERIFY(!linked.isEmpty() && button(0)->toolTip() != linked);
    }

    void sharedLimitsAreOneForAll()
    {
        QVERIFY(m_maps[0]->limits().high < 1.1 && m_maps[2]->limits().high > 2.5);
        m_links->setShareLimits(m_maps[0], m_maps[2], true);
        QVERIFY(m_links->shareLimits(m_maps[2], m_maps[0]));
        QCOMPARE(m_maps[2]->limits().high, m_maps[0]->limits().high);
        QVERIFY(m_maps[0]->areLimitsLocked() && m_maps[2]->areLimitsLocked());
        QVERIFY(m_maps[1]->limits().high > 1.5); // not asked
        // The other one's are then changed by hand: Enter lets them follow the map.
        m_maps[2]->setFocus();
        QTest::keyClick(m_maps[2], Qt::Key_Return);
        QCOMPARE(m_maps[0]->limits().high, m_maps[2]->limits().high);
        QVERIFY(m_maps[0]->limits().high > 2.5);
        m_links->setShareLimits(m_maps[2], m_maps[0], false);
        m_maps[2]->setLimits({0, 5});
        emit m_maps[2]->limitsChanged({0, 5}, true);
        QVERIFY(m_maps[0]->limits().high < 4);
    }

    void aGroupMayHaveThree()
    {
        m_links->setShareLimits(m_maps[0], m_maps[1], true);
        m_links->setShareLimits(m_maps[2], m_maps[1], true);
        QVERIFY(m_links->shareLimits(m_maps[0], m_maps[2]));
        QCOMPARE(m_maps[0]->limits().high, m_maps[2]->limits().high);
        m_links->forgetLimits();
        QVERIFY(!m_links->shareLimits(m_maps[0], m_maps[2]));
    }

    void gammaIsFree()
    {
        QMenu *menu = menuOf(0);
        QVERIFY(menu);
        auto *field = menu->findChild<QDoubleSpinBox *>("gamma");
        auto *slider = menu->findChild<QSlider *>("gammaSlider");
        QVERIFY(field && slider);
        QCOMPARE(field->minimum(), 0.2);
        QCOMPARE(field->maximum(), 5.0);
        field->setValue(0.7);
        QCOMPARE(m_maps[0]->tone().scale, Tone::Scale::Gamma);
        QCOMPARE(m_maps[0]->tone().gamma, 0.7);
        QVERIFY(slider->value() < 0);
        slider->setValue(slider->maximum());
        QCOMPARE(m_maps[0]->tone().gamma, 5.0);
        slider->setValue(0);
        QCOMPARE(m_maps[0]->tone().gamma, 1.0);
        menu->close();
    }
};

QTEST_MAIN(TestViewLinks)
#include "tst_viewlinks.moc"
