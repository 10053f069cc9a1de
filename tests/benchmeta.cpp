// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchmeta.h"

#include "dkl/transfer/crossvalidation.h"

#include <QJsonDocument>
#include <QMap>

#include <algorithm>

namespace helmscope {

namespace {

struct Field
{
    const char *key;
    double BenchTrial::*number;
};
constexpr Field fields[]{{"rmse", &BenchTrial::rmse},         {"r2", &BenchTrial::r2},
                         {"nlpd", &BenchTrial::nlpd},         {"coverage95", &BenchTrial::coverage},
                         {"foldRmse", &BenchTrial::foldRmse}, {"foldNlpd", &BenchTrial::foldNlpd},
                         {"cycles", &BenchTrial::cycles},     {"best", &BenchTrial::best}};

double mean(const std::vector<double> &numbers)
{
    double sum = 0;
    for (const double number : numbers)
        sum += number;
    return numbers.empty() ? std::nan("") : sum / double(numbers.size());
}

double median(std::vector<double> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    return numbers.empty() ? std::nan("") : numbers[numbers.size() / 2];
}

QByteArray lineOf(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

} // namespace

QJsonObject BenchTrial::toJson() const
{
    QJsonObject object{{"group", group}, {"sample", sample}, {"model", model},
                       {"cold", cold},   {"draw", draw},     {"points", points}};
    for (const Field &field : fields)
        if (std::isfinite(this->*field.number))
            object[field.key] = this->*field.number;
    return object;
}

BenchTrial BenchTrial::fromJson(const QJsonObject &object)
{
    BenchTrial trial{object["group"].toString(), object["sample"].toString(),
                     object["model"].toString(), object["cold"].toString(),
                     object["draw"].toInt(),     object["points"].toInt()};
    for (const Field &field : fields)
        trial.*field.number = object[field.key].toDouble(std::nan(""));
    return trial;
}

BenchTrials::BenchTrials(const QString &file, const QJsonObject &conditions)
    : m_file(file)
{
    if (file.isEmpty())
        return;
    if (!m_file.open(QIODevice::ReadWrite))
        qFatal("The file of trials cannot be opened.");
    const QByteArray begun = lineOf(conditions);
    const QByteArray first = m_file.readLine();
    if (!first.isEmpty() && first != begun)
        qFatal("The file of trials was measured under other conditions.");
    qint64 whole = m_file.pos();
    if (first.isEmpty())
        m_file.write(begun);
    while (!m_file.atEnd() && !first.isEmpty()) {
        const QByteArray line = m_file.readLine();
        if (!line.endsWith('\n'))
            break; // cut off while it was written
        whole = m_file.pos();
        const BenchTrial trial = BenchTrial::fromJson(QJsonDocument::fromJson(line).object());
        const Key key{trial.sample, trial.draw, trial.model, trial.points};
        if (const auto known = m_trials.find(key); known == m_trials.end())
            m_trials[key] = trial;
        else if (std::isfinite(trial.best))
            known->second.best = trial.best;
    }
    if (!first.isEmpty()) {
        m_file.resize(whole);
        m_file.seek(whole);
    }
}

bool BenchTrials::isDone(const QString &sample, int draw, bool isBest) const
{
    const std::lock_guard lock(m_mutex);
    const auto at = m_trials.lower_bound({sample, draw, {}, 0});
    return at != m_trials.end() && at->second.sample == sample && at->second.draw == draw &&
           (!isBest || std::isfinite(at->second.best));
}

void BenchTrials::add(const std::vector<BenchTrial> &trials, bool isBest)
{
    const std::lock_guard lock(m_mutex);
    QByteArray lines;
    for (const BenchTrial &trial : trials) {
        lines += lineOf(trial.toJson());
        BenchTrial &known = m_trials[{trial.sample, trial.draw, trial.model, trial.points}];
        if (isBest && !known.model.isEmpty())
            known.best = trial.best;
        else
            known = trial;
    }
    if (m_file.isOpen()) {
        m_file.write(lines); // all of a draw at once: half a draw would count as done
        m_file.flush();
    }
}

QJsonArray BenchTrials::rows() const
{
    struct Cell
    {
        std::vector<double> rmse, r2, nlpd, coverage, cycles, best, safeR2, safeNlpd;
        int fellBack = 0;
    };
    const std::lock_guard lock(m_mutex);
    std::map<std::tuple<QString, int, QString>, Cell> cells;
    for (const auto &[key, trial] : m_trials) {
        const auto &[sample, draw, model, points] = key;
        Cell &cell = cells[{trial.group, points, model}];
        if (std::isfinite(trial.best))
            cell.best.push_back(trial.best);
        if (!std::isfinite(trial.r2))
            continue;
        const auto cold = m_trials.find({sample, draw, trial.cold, points});
        bool isCold = false;
        if (cold != m_trials.end()) {
            const auto scoreOf = [points = points](const BenchTrial &one) {
                return FoldScore{points, one.foldRmse, one.foldNlpd};
            };
            isCold = !WarmAgainstCold{scoreOf(trial), scoreOf(cold->second)}.isWarmBetter();
        }
        const BenchTrial &safe = isCold ? cold->second : trial;
        cell.rmse.push_back(trial.rmse);
        cell.r2.push_back(trial.r2);
        cell.nlpd.push_back(trial.nlpd);
        cell.coverage.push_back(trial.coverage);
        cell.safeR2.push_back(safe.r2);
        cell.safeNlpd.push_back(safe.nlpd);
        cell.fellBack += isCold;
        if (std::isfinite(trial.cycles))
            cell.cycles.push_back(trial.cycles);
    }
    QJsonArray rows;
    for (const auto &[key, cell] : cells) {
        const auto &[group, points, model] = key;
        QJsonObject row{{"sample", group},
                        {"points", points},
                        {"model", model},
                        {"trials", int(cell.r2.size())},
                        {"r2", mean(cell.r2)},
                        {"medianR2", median(cell.r2)},
                        {"rmse", mean(cell.rmse)},
                        {"nlpd", mean(cell.nlpd)},
                        {"medianNlpd", median(cell.nlpd)},
                        {"coverage95", mean(cell.coverage)},
                        {"safeR2", mean(cell.safeR2)},
                        {"safeNlpd", mean(cell.safeNlpd)},
                        {"fellBack", double(cell.fellBack) / double(cell.r2.size())}};
        if (!cell.cycles.empty())
            row["cycles"] = mean(cell.cycles);
        if (!cell.best.empty()) {
            row["best"] = mean(cell.best);
            row["bestTrials"] = int(cell.best.size());
        }
        rows.append(row);
    }
    return rows;
}

void BenchTrials::print(const QJsonArray &rows, QTextStream &out)
{
    for (const QJsonValue &value : rows) {
        const QJsonObject row = value.toObject();
        const auto text = [&row](const char *key, int width, int digits) {
            return QString("%1").arg(row[key].toDouble(std::nan("")), width, 'f', digits);
        };
        out << QString("%1 N=%2 %3")
                   .arg(row["sample"].toString(), -7)
                   .arg(row["points"].toInt(), 3)
                   .arg(row["model"].toString(), -8)
            << "  R2 " << text("r2", 7, 3) << " (median " << text("medianR2", 6, 3) << ")  nRMSE "
            << text("rmse", 6, 3) << "  NLPD " << text("nlpd", 7, 2) << " (median "
            << text("medianNlpd", 6, 2) << ")  coverage " << text("coverage95", 0, 2)
            << "  after fall-back R2 " << text("safeR2", 7, 3) << " NLPD " << text("safeNlpd", 6, 2)
            << QString(" (cold in %1 %)").arg(100 * row["fellBack"].toDouble(), 0, 'f', 0);
        if (row.contains("cycles"))
            out << "  cycles " << text("cycles", 0, 1);
        if (row.contains("best"))
            out << "  best " << text("best", 0, 3);
        out << "  of " << row["trials"].toInt() << Qt::endl;
    }
}

QString BenchTrials::markdown(const QJsonArray &rows)
{
    // group, model, points
    QMap<QString, QMap<QString, QMap<int, QJsonObject>>> groups;
    for (const QJsonValue &value : rows) {
        const QJsonObject row = value.toObject();
        groups[row["sample"].toString()][row["model"].toString()][row["points"].toInt()] = row;
    }
    QStringList lines;
    for (auto group = groups.cbegin(); group != groups.cend(); ++group) {
        const QList<int> counts = group->first().keys();
        const QJsonObject some = group->first().first();
        lines << QString("**%1**, %2 draws, %3 of them searched; R² / NLPD / best value found "
                         "(1: the largest there is); R² after fall-back in brackets")
                     .arg(group.key())
                     .arg(some["trials"].toInt())
                     .arg(some["bestTrials"].toInt())
              << QString();
        QString head = "| model |", rule = "|---|";
        for (const int count : counts) {
            head += QString(" %1 |").arg(count);
            rule += "---|";
        }
        lines << head + " cycles | points to cold's R² at 50 |" << rule + "---|---|";
        const double goal = group->value("cold").value(50)["r2"].toDouble(std::nan(""));
        for (auto model = group->cbegin(); model != group->cend(); ++model) {
            QString line = QString("| %1 |").arg(model.key());
            double needed = std::nan(""), before = std::nan("");
            int last = 0;
            for (const int count : counts) {
                const QJsonObject row = model->value(count);
                const double r2 = row["r2"].toDouble(std::nan(""));
                line +=
                    QString(" %1 / %2 / %3 (%4) |")
                        .arg(r2, 0, 'f', 3)
                        .arg(row["nlpd"].toDouble(std::nan("")), 0, 'f', 2)
                        .arg(row.contains("best") ? QString::number(row["best"].toDouble(), 'f', 3)
                                                  : QString("–"))
                        .arg(row["safeR2"].toDouble(std::nan("")), 0, 'f', 3);
                // Where the mean curve crosses the goal: straight over the logarithm of points.
                if (!std::isfinite(needed) && r2 >= goal)
                    needed = last ? last * std::pow(double(count) / last,
                                                    (goal - before) / (r2 - before))
                                  : count;
                last = count;
                before = r2;
            }
            const double cycles = model->value(50)["cycles"].toDouble(std::nan(""));
            lines << line +
                         (std::isfinite(cycles) ? QString(" %1 |").arg(cycles, 0, 'f', 1)
                                                : QString(" – |")) +
                         (std::isfinite(needed) ? QString(" %1 |").arg(needed, 0, 'f', 1)
                                                : QString(" more |"));
        }
        lines << QString();
    }
    return lines.join('\n');
}

} // namespace helmscope
