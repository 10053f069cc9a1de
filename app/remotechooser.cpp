// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remotechooser.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QUrl>

#include <algorithm>

namespace helmscope {

static constexpr std::array kinds{Remote::Kind::Metadata, Remote::Kind::Artifacts,
                                  Remote::Kind::Versions};

QString textOf(Remote::Kind kind)
{
    switch (kind) {
    case Remote::Kind::Metadata:
        return RemoteChooser::tr("Metadata");
    case Remote::Kind::Artifacts:
        return RemoteChooser::tr("Artifacts");
    case Remote::Kind::Versions:
        break;
    }
    return RemoteChooser::tr("Versions");
}

QString textOf(const Remote &remote)
{
    const QUrl url(remote.url);
    const bool isAddress = !url.scheme().isEmpty() && !url.host().isEmpty();
    return QStringLiteral("%1 · %2").arg(remote.name, isAddress ? shownAddress(url) : remote.url);
}

RemoteChooser::RemoteChooser(QWidget *parent)
    : QWidget(parent)
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        auto *box = m_boxes[i] = new QComboBox;
        auto *label = new QLabel(textOf(kinds[i]));
        label->setBuddy(box);
        row->addWidget(label);
        box->setAccessibleName(textOf(kinds[i]));
        box->setObjectName(QLatin1String(keyOf(kinds[i])));
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(12);
        row->addWidget(box, 1);
        connect(box, &QComboBox::currentIndexChanged, this, &RemoteChooser::changed);
    }
    setRemotes({});
    m_isFilled = false;
}

void RemoteChooser::setRemotes(const std::vector<Remote> &remotes)
{
    m_remotes = remotes;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        QComboBox *box = m_boxes[i];
        const QSignalBlocker quiet(box);
        const QString before = box->currentData().toString();
        const bool wasNone = m_isFilled && before.isEmpty() && box->count() > 1;
        box->clear();
        for (const Remote &remote : remotes)
            if (remote.kind == kinds[i]) {
                box->addItem(textOf(remote), remote.name);
                box->setItemData(box->count() - 1, textOf(remote), Qt::ToolTipRole);
            }
        box->addItem(box->count() > 0 ? tr("not this time") : tr("none known"), QString());
        const std::optional<Remote> usual = defaultRemote(remotes, kinds[i]);
        int index = before.isEmpty() ? -1 : box->findData(before);
        if (index < 0 && usual && !wasNone)
            index = box->findData(usual->name);
        box->setCurrentIndex(index < 0 ? box->count() - 1 : index);
        box->setEnabled(box->count() > 1);
    }
    m_isFilled = true;
    emit changed();
}

SyncChoice RemoteChooser::choice() const
{
    const auto chosen = [this](std::size_t i) -> std::optional<Remote> {
        const QString name = m_boxes[i]->currentData().toString();
        const auto found =
            std::find_if(m_remotes.begin(), m_remotes.end(), [&](const Remote &each) {
                return each.kind == kinds[i] && each.name == name;
            });
        return name.isEmpty() || found == m_remotes.end() ? std::nullopt : std::optional(*found);
    };
    SyncChoice choice;
    choice.metadata = chosen(0);
    choice.artifacts = chosen(1);
    choice.versions = chosen(2);
    return choice;
}

} // namespace helmscope
