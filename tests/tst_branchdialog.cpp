// SPDX-License-Identifier: GPL-3.0-or-later
// "What if" on real runs of a small simulated sample.
#include "app/branchdialog.h"
#include "app/branchwords.h"
#include "app/sample.h"
#include "steering/experiment.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

using namespace helmscope;

namespace {

Run smallRun(int steps)
{

    Plan plan;
    plan.sample = simulatedSample(32, 32, 3);
    plan.initial.count = 5;
    plan.steps = steps;
    plan.model.cycles = 5;
    plan.seed = 3;
    plan.acquisition.kind = Acquisition::Uncertainty;
    const auto microscope = openMicroscope(plan, unwatched());
    plan.scalarizer = defaultScalarizer(microscope->energies());
    return explore(plan, *microscope, unwatched(), {});
}

} // namespace

class TestBranchDialog : public QObject
{
    Q_OBJECT
private:
    std::shared_ptr<const Run> m_run;
    std::unique_ptr<BranchDialog> m_dialog;

    template <class Widget>
    Widget *find(const char *name) const
    {
        return m_dialog->findChild<Widget *>(name);
    }
    void open(int step)
    {
        m_dialog = std::make_unique<BranchDialog>(m_run, "20260101-101010", step);
        m_dialog->setAttribute(Qt::WA_DeleteOnClose, false);
        m_dialog->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_dialog.get()));
    }
    void choose(const char *name, const QVariant &data)
    {
        auto *box = find<QComboBox>(name);
        box->setCurrentIndex(box->findData(data));
    }

private Q_SLOTS:
    void initTestCase() { m_run = std::make_shared<const Run>(smallRun(6)); }
    void cleanup() { m_dialog.reset(); }

    void beginsAsTheRunWentOn()
    {
        open(8);
        QCOMPARE(find<QSpinBox>("branchStep")->value(), 8);
        QCOMPARE(find<QSpinBox>("branchSteps")->value(), 3);
        QCOMPARE(find<QSpinBox>("branchSeed")->value(), 3);
        QCOMPARE(find<QComboBox>("branchAcquisition")->currentData().toInt(),
                 int(Acquisition::Uncertainty));
        QVERIFY(m_dialog->words().contains("Nothing differs"));
        const Branch branch = m_dialog->branch();
        QVERIFY(!branch.acquisition && !branch.scalarizer && !branch.model && !branch.seed);
        QCOMPARE(branch.avoidRadius, -1);
        QCOMPARE(branch.beyond, Origin::Beyond::Sample);
    }

    void saysInWordsWhatWillDiffer()
    {
        open(7);
        choose("branchAcquisition", int(Acquisition::ExpectedImprovement));
        QVERIFY(find<QDoubleSpinBox>("branchParameter")->isEnabled());
        find<QDoubleSpinBox>("branchParameter")->setValue(0.25);
        find<QSpinBox>("branchSeed")->setValue(9);
        QTest::mouseClick(find<QCheckBox>("branchAvoid"), Qt::LeftButton, {}, {8, 8});
        QVERIFY(find<QSpinBox>("branchRadius")->isEnabled());
        find<QSpinBox>("branchRadius")->setValue(2);
        choose("branchModel", QString("network"));
        const QString words = m_dialog->words();
        QVERIFY2(words.contains("Expected improvement, ξ 0.25 instead of"), qPrintable(words));
        QVERIFY2(words.contains("Seed: 9 instead of 3"), qPrintable(words));
        QVERIFY2(words.contains("at least 3 pixels away"), qPrintable(words));
        QVERIFY2(words.contains("Model: "), qPrintable(words));
        const Branch branch = m_dialog->branch();
        QCOMPARE(branch.acquisition->kind, Acquisition::ExpectedImprovement);
        QCOMPARE(branch.acquisition->xi, 0.25);
        QCOMPARE(*branch.seed, std::uint64_t(9));
        QCOMPARE(branch.avoidRadius, 2);
        QVERIFY(*branch.model == presetFromKey("network").settings);
    }

    void takesAnotherScalarizerOrSaysWhatIsWrongWithIt()
    {
        open(7);
        auto *field = find<QLineEdit>("branchScalarizer");
        QVERIFY(field->isEnabled());
        field->selectAll();
        QTest::keyClicks(field, "band:");
        QVERIFY(m_dialog->words().startsWith("⚠"));
        QVERIFY(!find<QPushButton>("startBranch")->isEnabled());
        QTest::keyClicks(field, "0.7-0.9");
        QVERIFY2(find<QPushButton>("startBranch")->isEnabled(), qPrintable(m_dialog->words()));
        QVERIFY(m_dialog->words().contains("Looks for"));
        QCOMPARE(m_dialog->branch().scalarizer->text(), QString("band:0.7-0.9"));
        // What the model expects elsewhere is a value it was made for.
        QTest::mouseClick(find<QRadioButton>("beyondPredicted"), Qt::LeftButton, {}, {8, 8});
        QVERIFY(!field->isEnabled());
        QVERIFY(!m_dialog->branch().scalarizer);
        QVERIFY(m_dialog->words().contains("Nothing differs"));
    }

    void offersOnlyWhatCanAnswer()
    {
        Run gone = *m_run;
        DatasetSources sources;
        sources.image.file = "/nowhere/scan.hspy";
        sources.spectra = sources.image;
        gone.plan.sample = sources;
        for (Step &step : gone.steps)
            step.belief.reset();
        m_run = std::make_shared<const Run>(gone);
        open(7);
        QVERIFY(!find<QRadioButton>("beyondSample")->isEnabled());
        QVERIFY(find<QRadioButton>("beyondSample")->toolTip().contains("/nowhere/scan.hspy"));
        QVERIFY(!find<QRadioButton>("beyondPredicted")->isEnabled());
        QVERIFY(find<QRadioButton>("beyondPredicted")->toolTip().contains("No map"));
        QVERIFY(find<QRadioButton>("beyondNearest")->isChecked());
        QCOMPARE(m_dialog->branch().beyond, Origin::Beyond::Nearest);
        QVERIFY(m_dialog->words().contains("marked as such"));
        m_run = std::make_shared<const Run>(smallRun(6));
    }

    void refusesToAvoidEverything()
    {
        open(6);
        QTest::mouseClick(find<QCheckBox>("branchAvoid"), Qt::LeftButton, {}, {8, 8});
        find<QSpinBox>("branchRadius")->setValue(40);
        QVERIFY(m_dialog->words().contains("Avoid less"));
        QVERIFY(!find<QPushButton>("startBranch")->isEnabled());
    }

    void measuresSomeMoreAfterTheLastStep()
    {
        open(11);
        QCOMPARE(find<QSpinBox>("branchSteps")->value(), 10);
        QVERIFY(find<QPushButton>("startBranch")->isEnabled());
    }

    void givesBackTheBranch()
    {
        open(9);
        find<QSpinBox>("branchSteps")->setValue(4);
        QSignalSpy chosen(m_dialog.get(), &BranchDialog::chosen);
        QTest::mouseClick(find<QPushButton>("startBranch"), Qt::LeftButton);
        QCOMPARE(chosen.size(), 1);
        const Branch branch = chosen[0][1].value<Branch>();
        QCOMPARE(branch.step, 9);
        QCOMPARE(*branch.steps, 4);
        QVERIFY(m_dialog->isHidden());
    }

    void whatItAsksForCanBeRun()
    {
        open(8);
        choose("branchAcquisition", int(Acquisition::Random));
        QTest::mouseClick(find<QRadioButton>("beyondNearest"), Qt::LeftButton, {}, {8, 8});
        find<QSpinBox>("branchSteps")->setValue(5);
        const Plan plan = branchPlan(*m_run, "a", m_dialog->branch());
        const auto microscope = openBranch(plan, m_run, unwatched());
        const Run branch = explore(plan, *microscope, unwatched(), {});
        QCOMPARE(int(branch.steps.size()), 13);
        for (std::size_t i = 0; i < 8; ++i)
            QCOMPARE(branch.steps[i].pixel, m_run->steps[i].pixel);
        QVERIFY(std::any_of(branch.steps.begin() + 8, branch.steps.end(), [](const Step &step) {
            return step.source == Measurement::Source::Nearest;
        }));
    }
};

QTEST_MAIN(TestBranchDialog)
#include "tst_branchdialog.moc"
