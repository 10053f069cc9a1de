// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/watch.h"

#include "base/json.h"
#include "base/tr.h"

#include <QJsonArray>
#include <QLocale>

namespace helmscope {

QJsonObject watchToJson(const WatchSettings &watch)
{
    QJsonObject object{{"surveyEvery", watch.surveyEvery},
                       {"surveyAtNm", watch.surveyAtNm},
                       {"leastRegistration", watch.leastRegistration},
                       {"leavesOutPoor", watch.leavesOutPoor},
                       {"leastSharpness", watch.leastSharpness},
                       {"referenceEvery", watch.referenceEvery},
                       {"mostChange", watch.mostChange},
                       {"overlaps", watch.overlaps}};
    if (watch.extrapolates) // plans without it stay as they were
        object["extrapolates"] = true;
    if (watch.reference)
        object["reference"] = QJsonArray{watch.reference->row, watch.reference->col};
    return object;
}

WatchSettings watchFromJson(const QJsonObject &object, const QString &where)
{
    constexpr int most = 1'000'000;
    WatchSettings watch;
    watch.surveyEvery = integer(object, "surveyEvery", watch.surveyEvery, 0, most, where);
    watch.surveyAtNm = number(object, "surveyAtNm", watch.surveyAtNm, 0, 1e9, where);
    watch.leastRegistration =
        number(object, "leastRegistration", watch.leastRegistration, 0, 1, where);
    watch.extrapolates = flag(object, "extrapolates", watch.extrapolates, where);
    watch.leavesOutPoor = flag(object, "leavesOutPoor", watch.leavesOutPoor, where);
    watch.leastSharpness = number(object, "leastSharpness", watch.leastSharpness, 0, 1e6, where);
    watch.referenceEvery = integer(object, "referenceEvery", watch.referenceEvery, 0, most, where);
    watch.mostChange = number(object, "mostChange", watch.mostChange, 0, 1e6, where);
    watch.overlaps = flag(object, "overlaps", watch.overlaps, where);
    if (const QJsonValue value = object.value("reference"); !value.isUndefined()) {
        const QJsonArray pair = value.toArray();
        const int row = pair.at(0).toInt(-1), col = pair.at(1).toInt(-1);
        if (!value.isArray() || pair.size() != 2 || row < 0 || col < 0)
            fail(Tr::tr("Cannot use %1: 'reference' is not a pixel [row, column].").arg(where));
        watch.reference = Pixel{row, col};
    }
    return watch;
}

QStringList differencesOf(const WatchSettings &before, const WatchSettings &after)
{
    QStringList all;
    const auto tell = [&all](const QString &name, const QString &a, const QString &b) {
        if (a != b)
            all << Tr::tr("%1: %2 → %3").arg(name, a, b);
    };
    const auto shortest = [](double value) {
        return QString::number(value, 'g', QLocale::FloatingPointShortest);
    };
    const auto every = [](int n) {
        return n == 0 ? Tr::tr("never") : Tr::tr("every %1 measurements").arg(n);
    };
    const auto limit = [&](double value, const QString &unit) {
        return value == 0 ? Tr::tr("never") : shortest(value) + unit;
    };
    const auto yes = [](bool is) { return is ? Tr::tr("yes") : Tr::tr("no"); };
    const auto place = [](const std::optional<Pixel> &pixel) {
        return pixel ? QStringLiteral("(%1, %2)").arg(pixel->row).arg(pixel->col)
                     : Tr::tr("the first pixel");
    };
    tell(Tr::tr("re-survey"), every(before.surveyEvery), every(after.surveyEvery));
    tell(Tr::tr("re-survey at a drift of"), limit(before.surveyAtNm, Tr::tr(" nm")),
         limit(after.surveyAtNm, Tr::tr(" nm")));
    tell(Tr::tr("drift extrapolated between images"), yes(before.extrapolates),
         yes(after.extrapolates));
    tell(Tr::tr("least likeness of a registration"), shortest(before.leastRegistration),
         shortest(after.leastRegistration));
    tell(Tr::tr("poor patches left out"), yes(before.leavesOutPoor), yes(after.leavesOutPoor));
    tell(Tr::tr("least sharpness"), shortest(before.leastSharpness),
         shortest(after.leastSharpness));
    tell(Tr::tr("reference measured"), every(before.referenceEvery), every(after.referenceEvery));
    tell(Tr::tr("reference"), place(before.reference), place(after.reference));
    tell(Tr::tr("pause at a change of the reference of"), limit(before.mostChange, {}),
         limit(after.mostChange, {}));
    tell(Tr::tr("learning while the beam dwells"), yes(before.overlaps), yes(after.overlaps));
    return all;
}

} // namespace helmscope
