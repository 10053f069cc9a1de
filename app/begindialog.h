// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/beginning.h"

#include <QDialog>

#include <memory>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace helmscope {

class Jobs;

/// What meta-models are judged on: a sample, and what is measured of it so far.
struct RankingGround
{
    Plan plan;
    std::shared_ptr<const Dataset> survey; ///< null: no sample is open
    std::vector<Pixel> pixels;             ///< measured
    Eigen::VectorXd values;                ///< [pixels]
    bool isLive = false;                   ///< the run goes on: what is chosen holds in it
};

/// What the model begins from, of the next run or from here on of the one that goes on: the
/// meta-models known, ranked on the points measured of this sample, each with the reason; or let
/// the program choose, where nothing is measured yet after the run's first points.
class BeginDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `jobs` ranks, and must outlive it. `current`: what the model begins from now; empty: cold.
    BeginDialog(Jobs &jobs, RankingGround ground, const QStringList &files, const QString &current,
                QWidget *parent = nullptr);

    void add(const QStringList &files);
    bool isRanking() const { return m_isRanking; }
    const std::vector<RankedMetaModel> &ranking() const { return m_ranking; }

signals:
    /// Begin from this file; empty: cold. `reason`: a sentence where the program chose, else empty.
    void chosen(const QString &file, const QString &reason);
    /// These are to be ranked when enough is measured: of a run that is to come.
    void leftOpen(const QStringList &files);
    void filesChanged(const QStringList &files);
    void ranked();

private:
    void rank();
    void showRanking();
    void showDetails();
    void choose();
    void chooseFiles();
    void forgetSelected();
    bool isMeasured() const { return m_ground.pixels.size() >= Beginning::fewestPoints; }
    int selected() const; ///< of the ranking; -1: none

    Jobs &m_jobs;
    RankingGround m_ground;
    QStringList m_files;
    QString m_current;
    std::vector<RankedMetaModel> m_ranking;
    bool m_isRanking = false;
    int m_asked = 0; ///< rankings; the answer to an older one is dropped
    QLabel *m_intro, *m_choice;
    QTreeWidget *m_table;
    QPlainTextEdit *m_details;
    QPushButton *m_begin, *m_choose, *m_forget;
};

/// The files of meta-models known to this user: those chosen or added before, and those in
/// `folder`/meta-models of a workspace.
QStringList knownMetaModels(const QString &folder);
void setKnownMetaModels(const QStringList &files);

} // namespace helmscope
