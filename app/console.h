// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mainwindow.h"

#include <QObject>

#include <memory>

namespace helmscope {

/// The window of the console, and another one in its place when the language is changed: what is
/// open goes over into it.
class Console final : public QObject
{
    Q_OBJECT
public:
    explicit Console(const StartOptions &options);
    ~Console() override;

    MainWindow *window() const { return m_window.get(); }

signals:
    void windowMade(); ///< anew; window() is the one

private:
    void watch();
    void makeAnew();

    StartOptions m_options;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace helmscope
