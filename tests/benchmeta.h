// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTextStream>

#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

namespace helmscope {

/// What one model did on one draw of points of one sample; NaN: not measured.
struct BenchTrial
{
    QString group, sample, model;
    QString cold; ///< the model it falls back to; empty: none
    int draw = 0, points = 0;
    double rmse = std::nan(""), r2 = rmse, nlpd = rmse, coverage = rmse;
    double foldRmse = rmse, foldNlpd = rmse; ///< cross-validated on the points shown
    double cycles = rmse;                    ///< of training until the cold model's final loss
    double best = rmse; ///< of the way from the mean to the largest value, by the best point found

    QJsonObject toJson() const;
    static BenchTrial fromJson(const QJsonObject &object);
};

/// The trials of a benchmark that takes hours: a line each on disk as soon as it is measured, so
/// that one that was cut off goes on, and says what is known so far. Any thread may add.
class BenchTrials
{
public:
    /// `file` may be empty: then nothing is kept. `conditions` stand in its first line; a file of
    /// other conditions ends the program.
    BenchTrials(const QString &file, const QJsonObject &conditions);

    bool isDone(const QString &sample, int draw, bool isBest) const;
    void add(const std::vector<BenchTrial> &trials, bool isBest);

    /// Means, medians and what the fall-back makes of them, a row for each group, number of points
    /// and model.
    QJsonArray rows() const;
    static void print(const QJsonArray &rows, QTextStream &out);
    /// Tables for people, a group each: R², NLPD and best value at each number of points.
    static QString markdown(const QJsonArray &rows);

private:
    using Key = std::tuple<QString, int, QString, int>; ///< sample, draw, model, points
    mutable std::mutex m_mutex;
    std::map<Key, BenchTrial> m_trials;
    QFile m_file;
};

} // namespace helmscope
