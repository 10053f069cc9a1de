// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/hdf5file.h"
#include "steering/step.h"

#include <QJsonObject>

namespace helmscope {

/// What the watch over the instrument found at a step, for its line and the run file: all but
/// images and spectra. Empty for a run that watches over nothing (Step::known is negative).
QJsonObject liveToJson(const Step &step);
/// Puts it back. Throws Error naming `where` and the field; the numbers may come from anywhere.
void liveFromJson(const QJsonObject &object, Step &step, const QString &where);

/// Images and reference spectra in a run file, of a run whose plan watches over anything.
namespace livelists {
/// Before startGrowing().
void make(Hdf5File &file, const Dataset &survey, int channels);
void append(Hdf5File &file, const Step &step, const Dataset &survey, int channels);
bool areIn(const Hdf5File &file);
/// Puts them into steps that have the rest already; throws Error naming the file.
void read(const Hdf5File &file, const QString &name, Run &run);
} // namespace livelists

} // namespace helmscope
