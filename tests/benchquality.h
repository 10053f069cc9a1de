// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <QTextStream>

namespace helmscope {

// What models are worth, side by side on the same points, and what a step of a run costs. Each
// answers with its tables and, where `text` is given, prints them.

/// One fit on random points of every scene (folders of make_scenes.py in `folder`), for each model:
/// R2 against the noiseless truth; NLPD and coverage of the measured values; of the edge band and
/// of whole spectra.
QJsonObject benchScenes(const QString &folder, QTextStream *text);
/// The same on the recordings in `folder`, five seeds; the truth is what was measured.
QJsonObject benchRecordings(const QString &folder, QTextStream *text);
/// Whole runs on every scene for each acquisition: quality at 50 and 100 points, how soon the best
/// one per cent is found, what a step takes.
QJsonObject benchRuns(const QString &folder, QTextStream *text);
/// Writes an SVG picture: how often measured values fall into intervals of each nominal coverage,
/// of the default and the published model, 100 random points of the scenes, 110 of the recordings.
void drawReliability(const QString &scenes, const QString &recordings, const QString &file);
/// How training and prediction grow with points, candidates, outputs and the patch.
QJsonObject benchGrowth(QTextStream *text);

} // namespace helmscope
