// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "steering/plan.h"

#include <QMainWindow>
#include <QTimer>

#include <memory>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QTableWidget;

namespace helmscope {

class Banner;
class MapView;
class SpectrumView;

/// The instruments this person knows: what each can do, who has it, what its beam does, an image
/// and a spectrum of it. The simulated one, recordings and those on the network look the same.
class InstrumentsWindow final : public QMainWindow
{
    Q_OBJECT
public:
    /// `open` is what the console has open, if it is a recording: it is in the list as well.
    explicit InstrumentsWindow(const std::optional<SampleSources> &open, QWidget *parent = nullptr);
    ~InstrumentsWindow() override;

    /// Puts an address into the list, remembers it and connects. A wrong one is told.
    void add(const QString &address);
    void removeCurrent(); ///< forgets it, with its token
    void connectTo(int row);
    void preview();
    void acquire();
    void askForMove(); ///< of the stage: a dialog, which has to be confirmed
    void moveStage(const StageTarget &target);
    void abort();
    void allowAgain();

    const std::shared_ptr<Microscope> &microscope() const { return m_microscope; }
    bool isBusy() const { return !m_work.isIdle(); }
    QListWidget *list() const { return m_list; }
    QTableWidget *capabilities() const { return m_capabilities; }
    QLabel *stateLine() const { return m_state; }
    QLabel *stageLine() const { return m_stagePlace; }
    QPushButton *stageButton() const { return m_stageMove; }
    MapView *image() const { return m_image; }
    SpectrumView *spectrum() const { return m_spectrum; }
    Banner *banner() const { return m_banner; }

signals:
    /// This one is to be steered, in the console.
    void steerWished(const helmscope::SampleSources &sources);

protected:

private:
    QWidget *makeList();
    QWidget *makeBench();
    void fillList();
    void remember() const;
    void setMicroscope(const std::shared_ptr<Microscope> &microscope);
    void leave();
    void showState();
    void showCost();
    void askForToken();
    template <class Act, class Done>
    void work(const QString &title, Act act, Done done);

    std::optional<SampleSources> m_open;
    std::vector<SampleSources> m_known; ///< a row of the list each
    std::shared_ptr<Microscope> m_microscope;
    int m_row = -1;                                ///< of it
    double m_pixelSizeNm = 0, m_dosePerSecond = 0; ///< e/Å², as measured last
    EnergyAxis m_energies;
    QListWidget *m_list = nullptr;
    QLineEdit *m_address = nullptr;
    QTableWidget *m_capabilities = nullptr;
    QLabel *m_state = nullptr, *m_note = nullptr, *m_cost = nullptr, *m_stagePlace = nullptr;
    MapView *m_image = nullptr;
    SpectrumView *m_spectrum = nullptr;
    Banner *m_banner = nullptr;
    QDoubleSpinBox *m_dwell = nullptr;
    QCheckBox *m_live = nullptr;
    QPushButton *m_preview = nullptr, *m_acquire = nullptr, *m_steer = nullptr, *m_allow = nullptr,
                *m_remove = nullptr, *m_token = nullptr, *m_abort = nullptr, *m_stageMove = nullptr;
    QTimer m_glance;
    Jobs m_work; ///< last, so first to go
};

} // namespace helmscope
