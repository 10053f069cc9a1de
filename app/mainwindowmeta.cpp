// SPDX-License-Identifier: GPL-3.0-or-later
// What the window does with meta-models: choose one, look at a sweep of their trainings.
#include "app/banner.h"
#include "app/begindialog.h"
#include "app/mainwindow.h"
#include "app/metasweepwindow.h"
#include "app/openworkspace.h"
#include "app/planpanel.h"

#include <QFileInfo>

#include <cmath>

namespace helmscope {

BeginDialog *MainWindow::openBeginning()
{
    RankingGround ground;
    ground.plan = m_plan->plan();
    if (m_helm->sample())
        ground.survey = std::make_shared<const Dataset>(m_helm->sample()->survey);
    // What is measured of this sample: the run shown, also while it goes on.
    const ShownRun &run = m_helm->run();
    std::vector<double> values;
    for (int i = 0; ground.survey && i < run.size(); ++i)
        if (std::isfinite(run.at(i).value)) {
            ground.pixels.push_back(run.at(i).pixel);
            values.push_back(run.at(i).value);
        }
    ground.values = Eigen::Map<const Eigen::VectorXd>(values.data(), Eigen::Index(values.size()));
    QStringList files = knownMetaModels(m_workspace->isOpen() ? m_workspace->folder() : QString());
    const QString current = ground.plan.beginning.file;
    if (!current.isEmpty() && !files.contains(current))
        files.prepend(current);
    auto *dialog = new BeginDialog(m_helm->errands(), std::move(ground), files, current, this);
    connect(dialog, &BeginDialog::filesChanged, this, &setKnownMetaModels);
    connect(dialog, &BeginDialog::chosen, this, [this](const QString &file, const QString &reason) {
        if (file.isEmpty())
            m_plan->setBeginning({}, {});
        else
            readBeginningFrom(file);
        if (!reason.isEmpty())
            m_banner->tell(reason);
    });
    dialog->show();
    return dialog;
}

void MainWindow::readBeginningFrom(const QString &file)
{
    m_helm->errands().run(
        tr("Reading %1").arg(QFileInfo(file).fileName()), this,
        [file, plan = m_plan->plan()](const Progress &) mutable {
            plan.beginning = {};
            readBeginning(plan, file);
            return std::pair(plan.beginning, cardText(readMetaModel(file)));
        },
        [this](const std::pair<Beginning, QString> &read) {
            m_plan->setBeginning(read.first, read.second);
            QStringList known = knownMetaModels({});
            known.removeAll(read.first.file);
            setKnownMetaModels(QStringList{read.first.file} + known);
        });
}

MetaSweepWindow *MainWindow::openMetaSweep(const QString &file)
{
    auto *window = new MetaSweepWindow;
    window->setAttribute(Qt::WA_DeleteOnClose);
    m_windows << window;
    if (!m_options.size.isEmpty())
        window->resize(m_options.size);
    if (!file.isEmpty())
        window->open(file);
    window->show();
    return window;
}

} // namespace helmscope
