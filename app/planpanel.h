// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sample.h"

#include <QPointer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace helmscope {

class FieldLayout;
class HeatingDialog;
class WatchDialog;

/// The plan as a form. While a run goes on, what can still be ordered stays open and is signalled;
/// the rest waits for the next run.
class PlanPanel final : public QWidget
{
    Q_OBJECT
public:
    explicit PlanPanel(QWidget *parent = nullptr);

    /// What can be asked of this sample; takes its scalarizer.
    void setSample(const Sample &sample);
    /// All but the sample.
    void setPlan(const Plan &plan);
    Plan plan() const;
    void setRunning(bool isRunning);

    Scalarizer scalarizer() const { return m_scalarizer; }
    /// Shows it without saying scalarizerEdited().
    void setScalarizer(const Scalarizer &scalarizer);
    void setAcquisition(Acquisition kind);
    void setSteps(int steps);
    /// What the model begins from, read and described; one that is not wanted: cold.
    void setBeginning(const Beginning &beginning, const QString &card);
    QString card() const { return m_card; } ///< of the meta-model that is begun from
    QString costText() const;               ///< before a run: how many points and how much beam

signals:
    void costChanged();
    void acquisitionEdited(const helmscope::AcquisitionSettings &settings);
    void stepsEdited(int steps);
    void scalarizerEdited(const helmscope::Scalarizer &scalarizer);
    /// The meta-models known are to be shown, and one read for setBeginning().
    void beginningWished();

private:
    void fitFields(const QFontMetrics &metrics);
    QSpinBox *addCount(const QString &label, int lowest, int highest, const QString &help);
    template <class Field>
    Field *add(const QString &label, Field *field, const QString &help, int span = 1);
    void makeScalarizerFields();
    void makeSteeringFields();
    void makeModelFields();
    void makeSwitches();
    void readScalarizerText();
    void askForWatch();
    void showWatch();
    void askForHeating();
    void showHeating();
    void showBeginning();
    void changeKind(int index);
    void takePreset();
    void showParameter();
    AcquisitionSettings acquisition() const;

    FieldLayout *m_fields = nullptr;
    QPointer<HeatingDialog> m_heatingDialog;
    QPointer<WatchDialog> m_watchDialog;
    QComboBox *m_acquisition = nullptr;
    QDoubleSpinBox *m_parameter = nullptr;
    QLabel *m_parameterLabel = nullptr;
    QSpinBox *m_steps = nullptr, *m_initialCount = nullptr, *m_patch = nullptr, *m_cycles = nullptr,
             *m_seed = nullptr, *m_bin = nullptr;
    QComboBox *m_initialKind = nullptr, *m_model = nullptr, *m_kernel = nullptr;
    QDoubleSpinBox *m_dwell = nullptr;
    QCheckBox *m_isVector = nullptr, *m_isWarm = nullptr, *m_hasNoise = nullptr;
    QComboBox *m_kind = nullptr;
    QLineEdit *m_text = nullptr;
    QLabel *m_objection = nullptr;
    QPushButton *m_watch = nullptr, *m_begin = nullptr, *m_heating = nullptr;
    QString m_card; ///< of the meta-model

    Plan m_plan; ///< fields the form does not show keep their values
    Scalarizer m_scalarizer;
    QString m_shownScalarizer; ///< in words as short as they go: nobody has edited them
    double m_pixelSizeNm = 0;  ///< of the grid
    EnergyAxis m_energies;
    bool m_isSimulated = true, m_isRunning = false;
};

} // namespace helmscope
